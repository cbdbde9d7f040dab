import { toSingleLine } from '../contract/text.js';
import { recordFromCells } from './csv-record.js';
import { splitCsvRow } from './csv-row.js';
import { describeInexactJson } from './inexact-json.js';
import { originOf } from './origin.js';
import type { RawRecord, UnreadableText } from './raw-record.js';
import { NOT_UTF8, readLines, type Line } from './read-lines.js';
import { UsageError } from './usage-error.js';

/**
 * Reads lines of JSON objects; a bad one costs itself alone, and empty ones are passed over.
 *
 * @throws {UsageError} naming `path` if it begins as JSON does that is no record a line: a list, or one over several lines.
 */
export async function* readNdjson(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<RawRecord> {
  let isStart = true;
  let start: Line | undefined;
  for await (const line of readLines(chunks)) {
    if (line.text.trim() === '') continue;
    if (isStart && otherJson(line) !== undefined) start = line;
    else {
      if (start !== undefined) yield startOfRecords(start, line, path);
      start = undefined;
      yield readLine(line);
    }
    isStart = false;
  }
  if (start !== undefined) throw refusal(start, path);
}

type OtherJson = 'list' | 'object';

/** What a text may be that begins with this line, if not lines of records. */
function otherJson(line: Line): OtherJson | undefined {
  const text = line.text.trim();
  if (text === '{') return 'object';
  return text.startsWith('[') && ['', '{'].includes(text.slice(1, 100).trimStart().slice(0, 1)) ? 'list' : undefined;
}

/** A first line that might begin other JSON is a bad one alone if it does not go on, and a record follows. */
function startOfRecords(start: Line, next: Line, path: string): RawRecord {
  const isOver = otherJson(start) === 'object' || isJson(start.text);
  const record = readLine(next);
  if (!isOver || record.problem !== undefined) throw refusal(start, path);
  return readLine(start);
}

function refusal(start: Line, path: string): UsageError {
  const isList = otherJson(start) === 'list';
  const what = isList ? 'a JSON list' : 'JSON over several lines';
  const name = path === '-' ? 'standard input' : path;
  return new UsageError(`${name} is ${what}: write one record a line, as jq -c ${isList ? "'.[]'" : '.'} does`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readLine({ number, text, problem }: Line): RawRecord {
  return problem === undefined ? parseLine(number, text) : { line: number, problem, unreadable: { raw: text } };
}

function parseLine(line: number, text: string): RawRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line, problem: describeSyntaxError(error as Error), unreadable: { raw: text } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, problem: 'a record must be an object', unreadable: { raw: text } };
  if (isUnreadableText(value)) return parseMended(line, value);
  const problem = describeInexactJson(value);
  return problem === undefined ? { line, value } : { line, problem, unreadable: { raw: text } };
}

/** Reads the text of an `UnreadableText` as what it is, now that somebody may have mended it. */
function parseMended(line: number, text: UnreadableText & { readonly error?: unknown }): RawRecord {
  const origin = originOf(text.error);
  return { ...readMended(line, text), ...(origin && { origin }) };
}

function readMended(line: number, { raw, columns, delimiter = ',' }: UnreadableText): RawRecord {
  const unreadable = { raw, ...(columns && { columns }), ...(delimiter !== ',' && { delimiter }) };
  if (raw.includes('\uFFFD')) return { line, problem: NOT_UTF8, unreadable };
  if (columns === undefined) return parseLine(line, raw);
  return recordFromCells(line, splitCsvRow(raw, delimiter), raw, { columns, delimiter });
}

const UNREADABLE_KEYS = new Set(['raw', 'columns', 'delimiter', 'error']);

function isUnreadableText(value: object): value is UnreadableText {
  if (!('raw' in value) || typeof value.raw !== 'string') return false;
  if (!Object.keys(value).every((key) => UNREADABLE_KEYS.has(key))) return false;
  const { columns, delimiter } = value as { readonly columns?: unknown; readonly delimiter?: unknown };
  return (
    (columns === undefined || (Array.isArray(columns) && columns.every((name) => typeof name === 'string'))) &&
    (delimiter === undefined || (typeof delimiter === 'string' && delimiter.length === 1))
  );
}

/** Without the text that the parser quotes: it may be a URL with credentials that got among the records. */
function describeSyntaxError({ message }: Error): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `is not JSON from character ${Number(position) + 1} on`;
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  if (token !== undefined) return `is not JSON: unexpected "${toSingleLine(token)}"`;
  return message.includes('end of JSON') ? 'is not JSON: it breaks off' : 'is not JSON';
}
