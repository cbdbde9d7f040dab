import { recordFromRow } from './flat-record.js';
import type { RawRecord, UnreadableText } from './raw-record.js';

/** What is the same for all rows of a CSV text. */
export interface CsvTable {
  readonly columns: readonly string[];
  readonly delimiter: string;
}

/** What is wrong with a row that could not be split. */
export const QUOTE_PROBLEM = 'has a quote where none may be: quote the whole cell and double the quotes in it';

/** Makes a record of a row; `cells` is undefined if the text could not be split. */
export function recordFromCells(
  line: number,
  cells: readonly string[] | undefined,
  text: string,
  table: CsvTable,
): RawRecord {
  const problem = cells === undefined ? QUOTE_PROBLEM : describeMisfit(cells, table.columns);
  if (cells === undefined || problem !== undefined) {
    return { line, problem: problem ?? QUOTE_PROBLEM, unreadable: unreadableRow(text, table) };
  }
  return { line, value: recordFromRow(table.columns, cells) };
}

/** A row that could not be read, with what is needed to read it once it has been mended. */
export function unreadableRow(raw: string, { columns, delimiter }: CsvTable): UnreadableText {
  return { raw, columns, ...(delimiter !== ',' && { delimiter }) };
}

function describeMisfit(cells: readonly string[], columns: readonly string[]): string | undefined {
  if (cells.length > columns.length)
    return `has ${counted(cells.length)}, more than the ${columns.length} columns of the header; is there a delimiter without quotes?`;
  // Not taken for empty ones at the end: the one that is missing may be any, and all behind it in wrong columns.
  if (cells.length <= columns.findLastIndex((name) => name !== ''))
    return `has ${counted(cells.length)}, fewer than the ${columns.length} columns of the header; write empty cells as well`;
  const nameless = cells.findIndex((cell, index) => columns[index] === '' && cell.trim() !== '');
  return nameless < 0 ? undefined : `has something in column ${nameless + 1}, which has no name in the header`;
}

function counted(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`;
}
