import type { Origin } from './origin.js';

/** A text that was no record, as this program gives it back: mended in its place, it is read as what it is. */
export interface UnreadableText {
  readonly raw: string;
  /** Columns of the header, where the text is a row of CSV. */
  readonly columns?: readonly string[];
  /** What separates its cells, where that is no comma. */
  readonly delimiter?: string;
}

/** A record as it stands in a file, before anything is made of it. */
export type RawRecord = {
  /** Where it stood before it came back as a text that was no record; undefined if it did not. */
  readonly origin?: Origin | undefined;
} & (
  | {
      /** Line it begins on, from 1. */
      readonly line: number;
      readonly value: object;
      readonly problem?: undefined;
    }
  | {
      readonly line: number;
      /** Why the text is no record. */
      readonly problem: string;
      readonly unreadable: UnreadableText;
    }
);
