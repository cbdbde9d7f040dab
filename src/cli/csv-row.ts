const QUOTE = '"';

/**
 * Splits a row of CSV (RFC 4180) into its cells, line by line: a cell in quotes may go over several.
 *
 * Strict about quotes, so that a mistake is seen on its own line: one within a cell that does not begin with one is a
 * mistake, and so is anything but a delimiter behind a closing one.
 */
export class CsvRow {
  readonly cells: string[] = [];
  /** The part of an open quoted cell that has been read. */
  #open: string | undefined = undefined;

  constructor(private readonly delimiter: string) {}

  /** Takes the row's next line; `open` asks for another one, `malformed` is the end of it. */
  take(text: string, ending: string): 'complete' | 'open' | 'malformed' {
    let position = 0;
    for (;;) {
      const end = this.#open !== undefined || text[position] === QUOTE ? this.#takeQuoted(text, position) : undefined;
      if (end === 'open') {
        this.#open = (this.#open ?? '') + ending;
        return 'open';
      }
      const after = end ?? this.#takePlain(text, position);
      if (after === undefined) return 'malformed';
      if (after === text.length) return 'complete';
      if (!text.startsWith(this.delimiter, after)) return 'malformed';
      position = after + this.delimiter.length;
    }
  }

  /** Takes a cell in quotes, or what is left of one; gives the position behind it. */
  #takeQuoted(text: string, start: number): number | 'open' {
    let position = this.#open === undefined ? start + 1 : start;
    let cell = this.#open ?? '';
    for (;;) {
      const quote = text.indexOf(QUOTE, position);
      cell += text.slice(position, quote < 0 ? undefined : quote);
      if (quote < 0) {
        this.#open = cell;
        return 'open';
      }
      if (text[quote + 1] !== QUOTE) {
        this.cells.push(cell);
        this.#open = undefined;
        return quote + 1;
      }
      cell += QUOTE;
      position = quote + 2;
    }
  }

  #takePlain(text: string, start: number): number | undefined {
    const delimiter = text.indexOf(this.delimiter, start);
    const end = delimiter < 0 ? text.length : delimiter;
    const cell = text.slice(start, end);
    if (cell.includes(QUOTE)) return undefined;
    this.cells.push(cell);
    return end;
  }
}

/** The cells of a text that is one row; undefined if it is not. */
export function splitCsvRow(text: string, delimiter: string): readonly string[] | undefined {
  const row = new CsvRow(delimiter);
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const state = row.take(line, '\n');
    if (state !== 'open') return state === 'complete' && index === lines.length - 1 ? row.cells : undefined;
  }
  return undefined;
}
