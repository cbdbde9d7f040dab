import { createReadStream } from 'node:fs';
import { END_ENTRY, EntryReader, writeDoubts, writeProject, writeReason } from './checkpoint-entries.js';
import { emptyState, type CheckpointState } from './checkpoint-state.js';
import { NO_DOUBTS, sameDoubts } from './delivery-doubts.js';
import type { Input } from './open-input.js';
import { readLines } from './read-lines.js';
import { SettledRecords } from './settled-records.js';
import { UsageError } from './usage-error.js';

const FORMAT = 'clevertap-attribution checkpoint';
const VERSION = 1;

interface Header {
  readonly format: string;
  readonly version: number;
  readonly inputs: readonly Pick<Input, 'path' | 'identity'>[];
  readonly target?: string | undefined;
  readonly mark: number;
  readonly returned: CheckpointState['returned'];
}

/** The file's text for a state, in short: all that ended before the mark is one number, and a line per project and reason. */
export function writeState(state: CheckpointState, inputs: readonly Input[]): string {
  const { settled, tally, returned, target } = state;
  const described = inputs.map(({ path, identity }) => ({ path, identity }));
  const { mark } = settled;
  const header: Header = { format: FORMAT, version: VERSION, inputs: described, target, mark, returned };
  // Lines of their own: there may be more of them than one line may be long.
  const projects = tally.projects.map(([projectId, totals], number) => writeProject(number, projectId, totals));
  const reasons = tally.reasons.map(([reason, count], number) => writeReason(number, reason, count));
  const doubts = sameDoubts(state.doubts, NO_DOUBTS) ? [] : [writeDoubts(state.doubts)];
  const beyond = [...rangesOf(settled.beyond)].map(([first, last]) => `+ ${first} ${last};\n`);
  const entries = [...projects, ...reasons, ...doubts, ...beyond, ...(state.complete ? [END_ENTRY] : [])];
  return `${JSON.stringify(header)}\n${entries.join('')}`;
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

/**
 * Reads a checkpoint, in memory that does not grow with the file. Entries that a crash tore are passed over.
 *
 * @param changed take it although the files have changed.
 * @throws {UsageError} if it is no checkpoint, of a newer version, or of other inputs.
 */
export async function readState(path: string, inputs: readonly Input[], changed = false): Promise<CheckpointState> {
  let entries: EntryReader | undefined;
  for await (const { text } of readLines(createReadStream(path))) {
    if (entries === undefined) entries = new EntryReader(readHeader(text, path, inputs, changed));
    else entries.apply(text);
  }
  if (entries === undefined) throw notACheckpoint(path);
  return entries.state;
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
  const { mark, returned, target } = header;
  return { ...emptyState(), settled: new SettledRecords(mark), returned: { ...returned }, target };
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
