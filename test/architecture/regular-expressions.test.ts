import { checkSync } from 'recheck';
import { describe, expect, it } from 'vitest';
import { patternsInSources, type SourcePattern } from './source-patterns.js';

const { literals, composedIn } = patternsInSources();

/** `linear` if no text makes the pattern take more than that in its length; otherwise how much, and such a text. */
function timeOf({ source, flags }: Omit<SourcePattern, 'place'>): string {
  const verdict = checkSync(source, flags, { timeout: 60_000, randomSeed: 1 });
  if (verdict.status === 'safe') return 'linear';
  if (verdict.status === 'unknown') return `unknown: ${verdict.error.kind}`;
  return `${verdict.complexity.summary}, as of ${verdict.attack.pattern}`;
}

describe('every regular expression of the sources', () => {
  it('is found', () => {
    expect(literals.length).toBeGreaterThan(40);
  });

  // Without the binary of the checker, which npm may leave out, a single one takes seconds.
  it.each(literals.map((literal) => [literal.place, literal] as const))(
    'takes no more than linear time, whatever the text (%s)',
    (_, literal) => expect(timeOf(literal)).toBe('linear'),
    60_000,
  );

  it('stands there to be read: what is put together at run time cannot be looked at here', () => {
    // A secret of a few characters as it is, with no letter or digit beside it; and `^field:(\d+)` in what Redis says of
    // itself, with the name of one of two fields.
    expect(composedIn).toEqual(['contract/secret.ts', 'engines/bullmq/memory-use.ts']);
  });
});

describe('the check itself', () => {
  it.each([
    ['^(a+)+$', 'exponential'],
    ['/+$', '2nd degree polynomial'],
    ['\\s+,', '2nd degree polynomial'],
  ])('finds what does not: %s', (source, summary) => {
    expect(timeOf({ source, flags: '' })).toContain(summary);
  });
});
