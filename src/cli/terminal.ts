/** Where the program writes: results to standard output, everything about the run to standard error. */
export interface Terminal {
  /** A line of results. */
  print(line: string): void;
  /** A line about the run. */
  note(line: string): void;
  /** Whether a person watches standard error, so that a bar can be drawn. */
  readonly interactive: boolean;
}

// Control characters, line separators and what turns the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A line without control characters, which stand as `\u001b` instead: what comes out of files and from servers must not
 * steer the terminal. JSON stays the same JSON.
 */
export function printable(line: string): string {
  return line.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The process's own streams. */
export const processTerminal: Terminal = {
  print: (line) => void process.stdout.write(`${printable(line)}\n`),
  note: (line) => void process.stderr.write(`${printable(line)}\n`),
  get interactive() {
    // A dumb terminal cannot go back to the start of a line.
    return process.stderr.isTTY && process.env['TERM'] !== 'dumb';
  },
};
