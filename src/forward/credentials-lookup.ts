import type { Credentials, CredentialsInput } from '../contract/credentials.js';
import { ValidationError } from '../errors.js';
import type { CredentialsLookup } from '../call-options.js';
import { noLookup, noneFound } from './credentials-trouble.js';

/**
 * Opens a project with the credentials that the caller's lookup gives, at once if that gives them at once.
 *
 * @throws {ValidationError} if there are none, or they are not valid, or are another project's; and whatever the lookup
 * throws. A promise rejects with the same.
 */
export function lookUpProject<Project extends { readonly projectId: string }>(
  lookUp: CredentialsLookup | undefined,
  projectId: string,
  open: (credentials: CredentialsInput | Credentials) => Project,
): Project | Promise<Project> {
  if (lookUp === undefined) throw noLookup(projectId);
  const found = lookUp(projectId);
  return found !== undefined && found !== null && 'then' in found
    ? Promise.resolve(found).then((value) => openFound(value, projectId, open))
    : openFound(found, projectId, open);
}

function openFound<Project extends { readonly projectId: string }>(
  found: CredentialsInput | Credentials | null | undefined,
  projectId: string,
  open: (credentials: CredentialsInput | Credentials) => Project,
): Project {
  if (found === undefined || found === null) throw noneFound(projectId);
  const project = open(found);
  if (project.projectId === projectId) return project;
  throw new ValidationError('credentials', [{ path: ['projectId'], message: 'is not the one that was looked up' }]);
}
