import { CsvError, parse } from 'csv-parse/sync';

/**
 * Puts a row of CSV (RFC 4180) together, line by line: a cell in quotes may go over several.
 *
 * Strict about quotes, so that a mistake is seen on its own line. csv-parse does the splitting and says what is wrong; a
 * text without quotes, as nearly all are, needs no parser.
 */
export class CsvRow {
  /** The cells, once the row is complete. */
  cells: readonly string[] = [];
  #text = '';

  constructor(private readonly delimiter: string) {}

  /** Takes the row's next line; `open` asks for another one, `malformed` is the end of it. */
  take(text: string, ending: string): 'complete' | 'open' | 'malformed' {
    const isFirst = this.#text === '';
    const row = this.#text + text;
    this.#text = row + ending;
    if (isFirst && !text.includes('"')) {
      this.cells = text.split(this.delimiter);
      return 'complete';
    }
    // Nothing in this line closes the quote that is open.
    if (!isFirst && !text.includes('"')) return 'open';
    return this.#parse(row);
  }

  #parse(row: string): 'complete' | 'open' | 'malformed' {
    try {
      // Line breaks are within quotes, or the row is none: so the only end of a record is that of the text.
      const options = { delimiter: this.delimiter, record_delimiter: '\0', skip_empty_lines: false };
      const [cells = [''], ...others] = parse(row, options);
      this.cells = cells;
      return others.length === 0 ? 'complete' : 'malformed';
    } catch (error) {
      return error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'open' : 'malformed';
    }
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
