/** Deeper than any record: the reason beside one that was given back is the deepest part. */
const MAX_DEPTH = 16;

const TOO_DEEP = 'is nested too deeply for a record';
const INEXACT = 'holds a whole number of more than 2^53, whose last digits would be lost: write it in quotes';

/** What of a parsed JSON value would not come out again as it went in, if anything. */
export function describeInexactJson(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? INEXACT : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_DEPTH) return TOO_DEEP;
  for (const part of Object.values(value)) {
    const problem = describeInexactJson(part, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
