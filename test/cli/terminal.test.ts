import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { printable, processTerminal } from '../../src/cli/terminal.js';

describe('what gets to the terminal', () => {
  it('has control characters in words, so that no file and no server steers it', () => {
    expect(printable('a\u001b[2Jb\rc\nd\u009b0me\u202ef\u2066g\u007f\0')).toBe(
      'a\\u001b[2Jb\\u000dc\\u000ad\\u009b0me\\u202ef\\u2066g\\u007f\\u0000',
    );
  });

  it('is left alone otherwise', () => {
    expect(printable('  10  Ünï – 東京 😀 …  x')).toBe('  10  Ünï – 東京 😀 …  x');
  });

  it('stays the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printable(text))).toEqual(JSON.parse(text));
        expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a bar is drawn', () => {
  const { isTTY } = process.stderr;
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    vi.unstubAllEnvs();
  });

  it.each([
    [true, 'xterm-256color', true],
    [true, 'dumb', false],
    [false, 'xterm-256color', false],
  ])('where standard error is a terminal (%s) that can go back in its line (%s): %s', (terminal, kind, drawn) => {
    process.stderr.isTTY = terminal;
    vi.stubEnv('TERM', kind);
    expect(processTerminal.interactive).toBe(drawn);
  });
});
