import { readFileSync } from 'node:fs';

/** Reads a small text file, or standard input by its number; a byte order mark at the start is left out. */
export function readText(file: string | number): string {
  return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
}
