import { CsvRow } from './csv-row.js';
import type { Line } from './read-lines.js';

/** A row as it was taken out of the lines. */
export interface TakenRow {
  /** Line it begins on. */
  readonly line: number;
  readonly text: string;
  /** Undefined if it could not be split. */
  readonly cells: readonly string[] | undefined;
  /** Why it could not, where that is not about its quotes. */
  readonly problem: string | undefined;
}

// An event fits in 8,000 bytes of URL: a quote that is open for longer was a mistake of its line.
const MAX_ROW_LENGTH = 100_000;

const NEVER_CLOSED = 'a quote is opened and never closed';

/**
 * Puts the lines of rows together. What turns out to be no row costs its first line alone: those behind it are looked at
 * anew, which happens to a line once at most, as a quote that opens in one closes in the next that has one.
 */
export class RowTaker {
  /** Lines of the row whose quotes are open. */
  #lines: Line[] = [];
  #length = 0;
  #row: CsvRow;

  constructor(private readonly delimiter: string) {
    this.#row = new CsvRow(delimiter);
  }

  /** Takes in a line; gives the rows that are complete with it. */
  push(line: Line): TakenRow[] {
    const taken: TakenRow[] = [];
    // The lines to look at, the next one last.
    const waiting = [line];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const isOpen = this.#lines.length > 0;
      if (!isOpen && next.problem !== undefined) {
        taken.push({ line: next.number, text: next.text, cells: undefined, problem: next.problem });
        continue;
      }
      this.#lines.push(next);
      this.#length += next.text.length;
      const state = next.problem === undefined ? this.#row.take(next.text, next.ending) : 'malformed';
      if (state === 'complete') taken.push(this.#complete());
      else if (state === 'malformed') this.#giveUp(isOpen ? NEVER_CLOSED : undefined, taken, waiting);
      else if (this.#length > MAX_ROW_LENGTH) this.#giveUp(NEVER_CLOSED, taken, waiting);
    }
    return taken;
  }

  /** Gives the rows that are left at the end of the text. */
  end(): TakenRow[] {
    const taken: TakenRow[] = [];
    while (this.#lines.length > 0) {
      const waiting: Line[] = [];
      this.#giveUp(NEVER_CLOSED, taken, waiting);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) taken.push(...this.push(next));
    }
    return taken;
  }

  #complete(): TakenRow {
    const { cells } = this.#row;
    const lines = this.#reset();
    const text = lines.map((line, index) => (index < lines.length - 1 ? line.text + line.ending : line.text)).join('');
    return { line: lines[0]?.number ?? 0, text, cells, problem: undefined };
  }

  #giveUp(problem: string | undefined, taken: TakenRow[], waiting: Line[]): void {
    const [first, ...others] = this.#reset();
    if (first === undefined) return;
    taken.push({ line: first.number, text: first.text, cells: undefined, problem });
    waiting.push(...others.reverse());
  }

  #reset(): Line[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#length = 0;
    this.#row = new CsvRow(this.delimiter);
    return lines;
  }
}
