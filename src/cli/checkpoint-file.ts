import { createReadStream } from 'node:fs';
import type { Input } from './open-input.js';
import { readLines } from './read-lines.js';
import { SettledRecords } from './settled-records.js';
import { UsageError } from './usage-error.js';

/** What can become of a record, as the checkpoint notes it. */
export type SettledStatus = 'delivered' | 'rejected' | 'failed';

/** How many records ended each way. */
export type StatusTotals = Record<SettledStatus, number>;

/** A file of records that came back, as far as it belongs to the run. */
export interface ReturnedFile {
  readonly path: string;
  /** What the file holds beyond was not noted, and is to be cut off. */
  readonly bytes: number;
}

/** How far an earlier run got. */
export interface CheckpointState {
  readonly settled: SettledRecords;
  readonly totals: StatusTotals;
  /** The files that the run has begun. */
  readonly returned: { rejected?: ReturnedFile; failed?: ReturnedFile };
  /** Whether the run came to the end of its inputs. */
  complete: boolean;
}

const FORMAT = 'clevertap-attribution checkpoint';
const VERSION = 1;

interface Header {
  readonly format: string;
  readonly version: number;
  readonly inputs: readonly Pick<Input, 'path' | 'identity'>[];
  readonly mark: number;
  readonly totals: StatusTotals;
  readonly returned: CheckpointState['returned'];
}

/** The state before anything was done. */
export function emptyState(): CheckpointState {
  const totals = { delivered: 0, rejected: 0, failed: 0 };
  return { settled: new SettledRecords(), totals, returned: {}, complete: false };
}

/** The file's text for a state, in short: all that ended before the mark is one number. */
export function writeState(state: CheckpointState, inputs: readonly Input[]): string {
  const { settled, totals, returned } = state;
  const described = inputs.map(({ path, identity }) => ({ path, identity }));
  const header: Header = { format: FORMAT, version: VERSION, inputs: described, mark: settled.mark, totals, returned };
  const beyond = [...rangesOf(settled.beyond)].map(([first, last]) => `+ ${first} ${last};\n`);
  return `${JSON.stringify(header)}\n${beyond.join('')}${state.complete ? END_ENTRY : ''}`;
}

function* rangesOf(ordinals: Iterable<number>): Generator<readonly [first: number, last: number]> {
  let range: [number, number] | undefined;
  for (const ordinal of ordinals) {
    if (range?.[1] === ordinal - 1) range[1] = ordinal;
    else {
      if (range !== undefined) yield range;
      range = [ordinal, ordinal];
    }
  }
  if (range !== undefined) yield range;
}

// Each entry ends with a semicolon, so that one which a crash tore does not pass for another: `d 12` is no `d 123;`.

/** The line for a record that ended; `fileBytes` is the size of its file of rejected or failed records after it. */
export function writeEntry(ordinal: number, status: SettledStatus, fileBytes: number): string {
  return status === 'delivered' ? `d ${ordinal};\n` : `${LETTERS[status]} ${ordinal} ${fileBytes};\n`;
}

/** The line for a file of rejected or failed records that is about to be made. */
export function writeBeginning(status: 'rejected' | 'failed', path: string): string {
  return `${LETTERS[status]} ${JSON.stringify(path)};\n`;
}

/** The line that says that the inputs came to their end. */
export const END_ENTRY = 'end;\n';

const LETTERS = { delivered: 'd', rejected: 'r', failed: 'f' } as const;
const STATUS: Readonly<Record<string, SettledStatus>> = { d: 'delivered', r: 'rejected', f: 'failed' };
const ENTRY = /^([drf+]) (\d+)(?: (\d+))?;$/;
const BEGINNING = /^([rf]) (".*");$/;

/**
 * Reads a checkpoint, in memory that does not grow with the file. Entries that a crash tore are passed over.
 *
 * @param changed take it although the files have changed.
 * @throws {UsageError} if it is no checkpoint, of a newer version, or of other inputs.
 */
export async function readState(path: string, inputs: readonly Input[], changed = false): Promise<CheckpointState> {
  let state: CheckpointState | undefined;
  for await (const { text } of readLines(createReadStream(path))) {
    if (state === undefined) state = readHeader(text, path, inputs, changed);
    else if (text === END_ENTRY.trimEnd()) state.complete = true;
    else applyEntry(state, text);
  }
  if (state === undefined) throw notACheckpoint(path);
  return state;
}

function applyEntry(state: CheckpointState, text: string): void {
  const [, kind = '', first, second] = ENTRY.exec(text) ?? [];
  const status = STATUS[kind];
  if (first === undefined) applyBeginning(state, text);
  else if (status === undefined) {
    // Totals in the header already count those that are listed beyond its mark.
    for (let ordinal = Number(first); ordinal <= Number(second ?? first); ordinal += 1) state.settled.add(ordinal);
  } else if (state.settled.add(Number(first))) {
    state.totals[status] += 1;
    const file = status === 'delivered' ? undefined : state.returned[status];
    if (status === 'delivered' || file === undefined || second === undefined) return;
    state.returned[status] = { path: file.path, bytes: Number(second) };
  }
}

function applyBeginning(state: CheckpointState, text: string): void {
  const [, kind, quoted] = BEGINNING.exec(text) ?? [];
  const path = quoted === undefined ? undefined : parseJson(quoted);
  if (typeof path === 'string') state.returned[kind === 'r' ? 'rejected' : 'failed'] = { path, bytes: 0 };
}

function readHeader(text: string, path: string, inputs: readonly Input[], changed: boolean): CheckpointState {
  const header = parseJson(text) as Header | undefined | null;
  if (header?.format !== FORMAT) throw notACheckpoint(path);
  if (header.version !== VERSION)
    throw new UsageError(`${path} was written by a newer version of this program; update it`);
  if (JSON.stringify(header.inputs.map((input) => input.path)) !== JSON.stringify(inputs.map((input) => input.path))) {
    throw new UsageError(
      `${path} is the checkpoint of other inputs: give the same ones, another --checkpoint, or --restart to begin anew`,
    );
  }
  const different = inputs.find(
    ({ identity }, index) => JSON.stringify(identity) !== JSON.stringify(header.inputs[index]?.identity),
  );
  if (different !== undefined && !changed) {
    throw new UsageError(
      `${different.path} has changed since ${path} was written: give --accept-changed if it has only grown (what has ended already is not sent again, mended or not), or --restart to send everything again`,
    );
  }
  const { mark, totals, returned } = header;
  return { settled: new SettledRecords(mark), totals: { ...totals }, returned: { ...returned }, complete: false };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notACheckpoint(path: string): UsageError {
  return new UsageError(
    `${path} is no checkpoint of this program: name another with --checkpoint, or give --restart to write over it`,
  );
}
