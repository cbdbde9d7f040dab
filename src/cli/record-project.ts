import { ValidationError } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';
import type { CredentialsSource } from './credentials-source.js';

/**
 * The project that a record is for.
 *
 * @throws {ValidationError} if it names none, and there is no default.
 */
export function projectOf(
  { projectId }: Pick<ForwardItem, 'projectId'>,
  { defaultProject }: Pick<CredentialsSource, 'defaultProject'>,
): string {
  const found = projectId ?? defaultProject?.projectId;
  if (found !== undefined) return found;
  const message =
    'is required where no single project is the default; name it in the record, or give credentials of one project only';
  throw new ValidationError('record', [{ path: ['projectId'], message }]);
}
