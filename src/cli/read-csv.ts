import { readColumns } from './csv-columns.js';
import { QUOTE_PROBLEM, recordFromCells, unreadableRow, type CsvTable } from './csv-record.js';
import { RowTaker } from './csv-row-taker.js';
import type { RawRecord } from './raw-record.js';
import { readLines } from './read-lines.js';
import { UsageError } from './usage-error.js';

/**
 * Reads CSV with a header line (RFC 4180). A bad row costs itself alone, one with a quote that is never closed included;
 * empty lines and rows of empty cells are passed over.
 *
 * @throws {UsageError} naming `path` if the header is not right, or lacks a column of `required`.
 */
export async function* readCsv(
  chunks: AsyncIterable<Uint8Array>,
  delimiter: string,
  path: string,
  required: readonly string[] = [],
): AsyncGenerator<RawRecord> {
  let table: CsvTable | undefined;
  const rows = new RowTaker(delimiter);
  const take = function* (taken: ReturnType<RowTaker['end']>): Generator<RawRecord> {
    for (const { line, text, cells, problem } of taken) {
      if (cells?.every((cell) => cell.trim() === '') === true) continue;
      if (table === undefined) {
        if (cells === undefined) throw new UsageError(`${path}: the header line: ${problem ?? QUOTE_PROBLEM}`);
        table = { columns: readColumns(cells, delimiter, path, required), delimiter };
      } else if (problem !== undefined) yield { line, problem, unreadable: unreadableRow(text, table) };
      else yield recordFromCells(line, cells, text, table);
    }
  };
  for await (const line of readLines(chunks)) yield* take(rows.push(line));
  yield* take(rows.end());
}
