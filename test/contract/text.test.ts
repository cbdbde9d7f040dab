import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasControlCharacter, toSingleLine, trimSpaces } from '../../src/contract/text.js';

const SPACES = [' ', '\t', '\n', '\r', '\u00a0', '\u1680', '\u2003', '\u2028', '\u3000', '\ufeff'];
const INVISIBLE = ['\u00ad', '\u180e', '\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u2060'];

describe('trimSpaces', () => {
  it.each([...SPACES, ...INVISIBLE])('takes %j off both ends, any number of them', (space) => {
    expect(trimSpaces(`${space}a b${space}`)).toBe('a b');
    expect(trimSpaces(space.repeat(3) + 'a b')).toBe('a b');
    expect(trimSpaces('a b' + space.repeat(3))).toBe('a b');
    expect(trimSpaces(space.repeat(3))).toBe('');
  });

  it('takes off white and invisible spaces however they alternate', () => {
    expect(trimSpaces(' \u200b \u200d\u00a0\ufeffa\u200b b\u2060 \u200c\t')).toBe('a\u200b b');
  });

  it('leaves what lies inside', () => {
    expect(trimSpaces('a \u200b\u00a0 b')).toBe('a \u200b\u00a0 b');
    expect(trimSpaces('')).toBe('');
    expect(trimSpaces('\u200a|\u2010')).toBe('|\u2010');
  });

  it('handles a megabyte of spaces inside, outside and in alternation', () => {
    const megabyte = 1_000_000;
    const inner = `a${' '.repeat(megabyte)}b`;
    expect(trimSpaces(inner)).toBe(inner);
    expect(trimSpaces(`${' '.repeat(megabyte)}a${'\u200b'.repeat(megabyte)}`)).toBe('a');
    expect(trimSpaces(`${' \u200b'.repeat(megabyte / 2)}a${' \u200b'.repeat(megabyte / 2)}`)).toBe('a');
  });

  it('finds nothing left to trim in what it has trimmed', () => {
    const spaced = fc.string({ unit: fc.constantFrom(...SPACES, ...INVISIBLE, 'a', 'é', '😀'), maxLength: 30 });
    fc.assert(
      fc.property(spaced, (text) => {
        const trimmed = trimSpaces(text);
        expect(text).toContain(trimmed);
        expect(trimSpaces(trimmed)).toBe(trimmed);
        for (const end of [trimmed.at(0), trimmed.at(-1)]) expect([...SPACES, ...INVISIBLE]).not.toContain(end);
      }),
      { numRuns: 500 },
    );
  });
});

describe('hasControlCharacter', () => {
  it.each(['\u0000', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085', '\u2028', '\u2029'])('sees %j', (character) => {
    expect(hasControlCharacter(`a${character}b`)).toBe(true);
  });

  it.each(['', 'Add_to_cart', 'zum Warenkorb hinzugefügt', '購入 完了', '😀', 'a\u00a0b'])(
    'sees none in %j',
    (text) => {
      expect(hasControlCharacter(text)).toBe(false);
    },
  );
});

describe('toSingleLine', () => {
  it('makes one line of several, with one space for each gap', () => {
    expect(toSingleLine('  first\r\n\r\n  second\u2028third\u2029\tfourth \n')).toBe('first second third fourth');
  });

  it('lets no control character through', () => {
    expect(toSingleLine('a\u0000b\u001b[31mc\u007fd\u0085e')).toBe('a b [31mc d e');
  });

  it('lets no mark through that shows a line in another order than it has', () => {
    expect(toSingleLine('a\u202eb\u202c \u2066c\u2069d')).toBe('a b c d');
    // Joiners of scripts and of emoji are no such marks.
    expect(toSingleLine('क्\u200dष 👩\u200d💻')).toBe('क्\u200dष 👩\u200d💻');
  });

  it('replaces lone surrogates, also those that cutting makes', () => {
    expect(toSingleLine('a\ud800b')).toBe('a\ufffdb');
    expect(toSingleLine('😀😀', 3)).toBe('😀\ufffd…');
  });

  it('cuts at the given length and says so', () => {
    expect(toSingleLine('abcdef', 6)).toBe('abcdef');
    expect(toSingleLine('abcdefg', 6)).toBe('abcdef…');
    expect(toSingleLine('x'.repeat(300))).toBe('x'.repeat(300));
    expect(toSingleLine('x'.repeat(301))).toBe(`${'x'.repeat(300)}…`);
    expect(toSingleLine('x'.repeat(5_000_000))).toBe(`${'x'.repeat(300)}…`);
  });

  it('looks at four times the length that it may give, so that a long text costs no more', () => {
    expect(toSingleLine(`${' '.repeat(23)}abc`, 6)).toBe('a');
    expect(toSingleLine(`${' '.repeat(24)}abc`, 6)).toBe('');
  });

  it('gives a well-formed line without control characters and of bounded length for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.integer({ min: 1, max: 40 }), (text, maxLength) => {
        const line = toSingleLine(`${text}\udc00`, maxLength);
        expect(line.isWellFormed()).toBe(true);
        expect(hasControlCharacter(line)).toBe(false);
        expect(line.length).toBeLessThanOrEqual(maxLength + 1);
      }),
      { numRuns: 500 },
    );
  });
});
