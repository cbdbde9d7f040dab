import { describe, expect, it } from 'vitest';
import { escapeControlCharacters } from '../../src/observe/escape-control-characters.js';

describe('a text for a log', () => {
  it.each([
    ['a line break that forges an entry', 'bad\r\nERROR forged', 'bad\\u000d\\u000aERROR forged'],
    ['an escape sequence that drives a terminal', '\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a C1 control', 'a\u009bb', 'a\\u009bb'],
    ['a null', 'a\0b', 'a\\u0000b'],
    ['a line separator', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a mark that turns the direction of writing', 'user\u202egnp.exe\u2066', 'user\\u202egnp.exe\\u2066'],
  ])('has %s escaped', (_, text, escaped) => {
    expect(escapeControlCharacters(text)).toBe(escaped);
  });

  it('is left alone where it can be printed', () => {
    const text = 'naïve “quotes” \\ 100 % 👨‍👩‍👧 हिन्दी';
    expect(escapeControlCharacters(text)).toBe(text);
  });

  it('is cut off where it is long, and well formed', () => {
    expect(escapeControlCharacters('x'.repeat(501))).toBe(`${'x'.repeat(500)}…`);
    expect(escapeControlCharacters(`${'x'.repeat(499)}😀`)).toBe(`${'x'.repeat(499)}\ufffd…`);
  });
});
