import { AuthenticationError, describeIssues, isAttributionError, type AnyAttributionError } from '../errors.js';

/** That a record names a project where nobody can be asked for its credentials. */
export function noLookup(projectId: string): AuthenticationError {
  return noCredentials(projectId, 'nobody was named to look them up; give the option "credentials"');
}

/** That the lookup of the option `credentials` gave none. */
export function noneFound(projectId: string): AuthenticationError {
  return noCredentials(projectId, 'the lookup of the option "credentials" has none; add the project there');
}

/**
 * What a record fails with whose project's credentials are not to be had. That is trouble of the moment, whatever the
 * reason. An `AuthenticationError` of a lookup has words of its own.
 */
export function lookupFailed(error: unknown, projectId: string): AnyAttributionError {
  if (error instanceof AuthenticationError) return error;
  return noCredentials(projectId, describeCause(error), error);
}

function describeCause(error: unknown): string {
  if (!isAttributionError(error)) return 'looking them up failed';
  return error.code === 'validation' ? `the ones found are not valid: ${describeIssues(error.issues)}` : error.message;
}

function noCredentials(projectId: string, reason: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError(`no credentials for project ${projectId}: ${reason}`, { projectId, cause });
}
