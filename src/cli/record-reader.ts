import { FileError } from './file-error.js';
import { readFlatRecord, REQUIRED_KEYS, type FlatRecord } from './flat-record.js';
import { describeForeignFormat, withWholeStart } from './foreign-format.js';
import type { InputRecord } from './input-record.js';
import { openInput, type Input, type OpenInput } from './open-input.js';
import { originOf } from './origin.js';
import type { RawRecord } from './raw-record.js';
import { readCsv } from './read-csv.js';
import { readNdjson } from './read-ndjson.js';
import { UsageError } from './usage-error.js';

/** Reads the records of several inputs, one after the other, counting through, and knows how far it is. */
export class RecordReader {
  #doneBytes = 0;
  #count = 0;
  readonly #empty: string[] = [];
  readonly #unnamed: string[] = [];
  #last: Pick<InputRecord, 'path' | 'line'> | undefined = undefined;
  #open: OpenInput | undefined = undefined;
  #closed = false;

  constructor(
    private readonly inputs: readonly Input[],
    private readonly delimiter: string,
  ) {}

  /** Share of the inputs' bytes that the records which were read take, 0 to 1; undefined if one has no known size. */
  get share(): number | undefined {
    let total = 0;
    for (const { identity } of this.inputs) {
      if (identity === undefined) return undefined;
      total += identity.bytes;
    }
    return total === 0 ? undefined : Math.min(1, (this.#doneBytes + (this.#open?.bytesTaken() ?? 0)) / total);
  }

  /** Records that have been read. */
  get count(): number {
    return this.#count;
  }

  /** Paths of inputs that came to their end without a record. */
  get empty(): readonly string[] {
    return this.#empty;
  }

  /** Paths of files whose first record has no id, as far as `preflight` has looked. */
  get unnamed(): readonly string[] {
    return this.#unnamed;
  }

  /** Where the last record that was read begins. */
  get last(): Pick<InputRecord, 'path' | 'line'> | undefined {
    return this.#last;
  }

  /**
   * Looks at the beginning of every file, so that what is wrong with one as a whole is known before anything is sent.
   *
   * @throws {UsageError} if a file is no text of its format, or has columns that are unknown or lacks one that is required.
   */
  async preflight(): Promise<void> {
    for (const input of this.inputs) {
      if (input.identity === undefined) continue;
      const open = openInput(input);
      const raws = this.#readRaw(input, open);
      try {
        const first = await raws.next();
        if (first.done !== true && lacksId(first.value)) this.#unnamed.push(input.path);
        await raws.return(undefined);
      } catch (error) {
        throw asReadError(error, input);
      } finally {
        open.close();
      }
    }
  }

  /**
   * The records, once.
   *
   * @throws {FileError} if an input cannot be read to its end.
   * @throws {UsageError} as `preflight` does, for what it could not look at.
   */
  async *read(): AsyncGenerator<InputRecord> {
    for (const input of this.inputs) {
      if (this.#closed) return;
      this.#open = openInput(input);
      const before = this.#count;
      try {
        for await (const raw of this.#readRaw(input, this.#open)) {
          const record = toInputRecord(raw, input.path, this.#count);
          this.#count += 1;
          this.#last = record;
          yield record;
        }
      } catch (error) {
        if (this.#isClosed()) return;
        throw asReadError(error, input);
      } finally {
        this.#open.close();
      }
      if (this.#count === before && !this.#isClosed()) this.#empty.push(input.path);
      this.#open = undefined;
      this.#doneBytes += input.identity?.bytes ?? 0;
    }
  }

  /** Ends the reading as if the inputs ended here, also while one has nothing to give. */
  close(): void {
    this.#closed = true;
    this.#open?.close();
  }

  // A call, as it changes while a record is waited for.
  #isClosed(): boolean {
    return this.#closed;
  }

  #readRaw({ path, format }: Input, { chunks }: OpenInput): AsyncGenerator<RawRecord> {
    const text = asText(chunks, path);
    return format === 'csv' ? readCsv(text, this.delimiter, path, REQUIRED_KEYS) : readNdjson(text, path);
  }
}

async function* asText(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  let isStart = true;
  for await (const chunk of withWholeStart(chunks)) {
    const foreign = isStart ? describeForeignFormat(chunk) : undefined;
    if (foreign !== undefined) throw new UsageError(`${nameOf(path)} is ${foreign}`);
    isStart = false;
    yield chunk;
  }
}

function asReadError(error: unknown, { path }: Input): unknown {
  return error instanceof UsageError ? error : new FileError('read', nameOf(path), error);
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function lacksId(raw: RawRecord): boolean {
  const { item } = toInputRecord(raw, '', 0);
  return item !== undefined && item.id === undefined;
}

function toInputRecord(raw: RawRecord, path: string, ordinal: number): InputRecord {
  const { line, origin } = raw;
  const place = { ordinal, path, line };
  if (raw.problem !== undefined) {
    const source = { ...raw.unreadable };
    return { ...place, origin, source, item: undefined, issues: [{ path: [], message: raw.problem }] };
  }
  const read = readFlatRecord(raw.value);
  const source = raw.value as FlatRecord;
  const found = { ...place, origin: origin ?? originOf(source['error']), source };
  return 'item' in read
    ? { ...found, item: read.item, issues: [] }
    : { ...found, item: undefined, issues: read.issues };
}
