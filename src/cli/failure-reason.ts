import { describeIssues, type AnyAttributionError } from '../errors.js';
import { inCommandLineWords } from './command-line-words.js';

// A record can have any number of mistakes, which would make as many groups.
const MAX_REASONS = 20;

/** What is counted where nobody was asked, since there were no credentials to ask with. */
export const NO_CREDENTIALS = 'authentication (no credentials)';

/**
 * Why a record was not delivered, so that like reasons count together: each of its mistakes in few words, without what
 * differs between records.
 */
export function describeReasons(status: 'rejected' | 'failed', error: AnyAttributionError): readonly string[] {
  const reasons =
    error.code === 'validation'
      ? error.issues.slice(0, MAX_REASONS).map((issue) => withoutCounts(inCommandLineWords(describeIssues([issue]))))
      : [describeCode(error)];
  return [...new Set(reasons)].map((reason) => `${status}: ${reason}`);
}

/** Numbers behind these words are of the one record; others belong to the rule, such as "24 hours". */
function withoutCounts(message: string): string {
  return message
    .replace(/\bhas \d+ cells?\b/g, 'has … cells')
    .replace(/\b(has|takes|of|the|and|character|column) \d+\b/g, '$1 …');
}

function describeCode(error: Exclude<AnyAttributionError, { code: 'validation' }>): string {
  if (error.code === 'bad_request')
    return `bad_request (${error.field === undefined ? error.reason : `${error.field} is missing`})`;
  // The server always answers with a status; without one, nobody got as far as asking it.
  if (error.code === 'authentication' && error.status === undefined) return NO_CREDENTIALS;
  return error.status === undefined ? error.code : `${error.code} (${error.status})`;
}
