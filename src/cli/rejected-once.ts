import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { InputRecord } from './input-record.js';
import type { Input } from './open-input.js';
import { inspectOutput, refuseSameFile } from './output-path.js';
import { baseName, returnedPaths } from './returned-paths.js';
import { ReturnedRecords, type ReturnedError } from './returned-records.js';
import { lockPath, RunLock } from './run-lock.js';
import { storedInputsPath } from './stored-inputs.js';
import { UsageError } from './usage-error.js';

/** A file of rejected records that holds each once, however often the same inputs are gone through. */
export interface RejectedOnce {
  /** Adds a record, unless it is there. */
  add(record: InputRecord, error: ReturnedError): void;
  /** Puts everything on the disk, closes the file, and lets other runs have it. */
  close(): void;
  /** The path, if there are records in the file. */
  readonly pathIfWritten: string | undefined;
}

/**
 * Where records go that cannot be stored in an outbox: as named, or beside the first input.
 *
 * @throws {UsageError} if that is another file of the run.
 */
export function rejectedOncePath(named: string | undefined, inputs: readonly Input[], outboxPath: string): string {
  const path = named ?? returnedPaths(baseName(inputs[0]), {}).rejected;
  const paths = inputs.filter(({ identity }) => identity !== undefined).map((input) => input.path);
  refuseSameFile(paths, [path, lockPath(path), outboxPath, storedInputsPath(outboxPath)]);
  return path;
}

/**
 * Opens a file of rejected records and goes on with what an earlier run has put there: a record is known by the place that
 * stands beside it. Nothing is written over, and a lock beside it keeps other runs out until it is closed.
 *
 * @throws {UsageError} if it is no such file, somebody has begun to mend it, or another run is using it.
 * @throws {FileError} if its lock cannot be written.
 */
export async function openRejectedOnce(path: string): Promise<RejectedOnce> {
  inspectOutput(path);
  const lock = new RunLock(path, REJECTED);
  try {
    const before = existsSync(path) ? await readPlaces(path) : { bytes: 0, places: new Set<string>() };
    const file = new ReturnedRecords(path, { path, bytes: before.bytes }, false);
    file.open(() => undefined);
    return new LockedRejected(file, before.places, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

const REJECTED = { name: 'file of rejected records', option: '--rejected' };

class LockedRejected implements RejectedOnce {
  constructor(
    private readonly file: ReturnedRecords,
    private readonly before: ReadonlySet<string>,
    private readonly lock: RunLock,
  ) {}

  add({ path, line, source }: InputRecord, error: ReturnedError): void {
    if (!this.before.has(keyOf(path, line))) this.file.add(source, { path, line }, error);
  }

  close(): void {
    try {
      this.file.close();
    } finally {
      this.lock.release();
    }
  }

  get pathIfWritten(): string | undefined {
    return this.file.pathIfWritten;
  }
}

const NEWLINE = 0x0a;

async function readPlaces(path: string): Promise<{ readonly bytes: number; readonly places: ReadonlySet<string> }> {
  const places = new Set<string>();
  let bytes = 0;
  let lastByte: number | undefined = NEWLINE;
  const stream = createReadStream(path).on('data', (chunk) => {
    bytes += chunk.length;
    lastByte = Buffer.from(chunk).at(-1);
  });
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) places.add(placeIn(line, path));
  if (lastByte !== NEWLINE) throw foreign(path);
  return { bytes, places };
}

function placeIn(text: string, path: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly file?: unknown; readonly line?: unknown } };
    if (typeof error?.file === 'string' && typeof error.line === 'number') return keyOf(error.file, error.line);
  } catch {
    // Said below, without what it holds.
  }
  throw foreign(path);
}

function keyOf(file: string, line: number): string {
  return JSON.stringify([file, line]);
}

function foreign(path: string): UsageError {
  return new UsageError(
    `${path} exists and was changed or is not of this command: forward it if you have mended it, and move it away or name another --rejected`,
  );
}
