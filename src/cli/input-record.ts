import type { ValidationIssue } from '../errors.js';
import type { ForwardItem } from '../forward/forward-result.js';
import type { FlatRecord } from './flat-record.js';
import type { Origin } from './origin.js';

/** One record of the inputs, readable or not. */
export interface InputRecord {
  /** Its place among the records of all inputs, from 0; a resumed run counts the same. */
  readonly ordinal: number;
  /** Path of the input it came from. */
  readonly path: string;
  /** Line it begins on, from 1. */
  readonly line: number;
  /** Where it stood first, if it came back from a run before. */
  readonly origin?: Origin | undefined;
  /** What to give back if it is rejected or fails: the record, or its text where that is no record. */
  readonly source: FlatRecord;
  /** What to forward; undefined if the record cannot be read. */
  readonly item: ForwardItem | undefined;
  /** Why it cannot be read. */
  readonly issues: readonly ValidationIssue[];
}
