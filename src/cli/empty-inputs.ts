import type { RecordReader } from './record-reader.js';

/** Warns of inputs that had no records, which is seldom meant: an export that failed, a header line alone. */
export function warnOfEmptyInputs({ empty }: Pick<RecordReader, 'empty'>, warn: (message: string) => void): void {
  for (const path of empty) warn(`warning: ${path === '-' ? 'standard input' : path} has no records`);
}
