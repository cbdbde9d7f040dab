import { ValidationError } from '../../src/errors.js';

/** What a call refuses, one `path: message` for each issue of its ValidationError; nothing if it refuses nothing. */
export function problemsOf(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
  return [];
}
