import { toSingleLine } from '../contract/text.js';
import { describeIssues, type AnyAttributionError, type ValidationIssue } from '../errors.js';
import { inCommandLineWords } from './command-line-words.js';

/** What there is to tell of an error. */
export type Trouble = Pick<AnyAttributionError, 'message'> & { readonly issues?: readonly ValidationIssue[] };

/**
 * What is wrong with a record, on one line of bounded length: in the same words, those of the command line, whichever
 * command says it and whether it is told by the record or by its event.
 */
export function describeTrouble({ message, issues }: Trouble, maxLength = 500): string {
  return toSingleLine(inCommandLineWords(issues === undefined ? message : describeIssues(issues)), maxLength);
}
