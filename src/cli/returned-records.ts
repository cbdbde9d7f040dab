import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { AnyAttributionError, ValidationIssue } from '../errors.js';
import type { ReturnedFile } from './checkpoint-state.js';
import { FileError } from './file-error.js';
import type { FlatRecord } from './flat-record.js';
import type { InputRecord } from './input-record.js';
import type { Origin } from './origin.js';
import { inspectOutput, NO_FOLLOW } from './output-path.js';
import { describeTrouble } from './record-trouble.js';
import { UsageError } from './usage-error.js';

/** Why a record comes back, as it stands beside the record under `error`; it is ignored when the file is fed in again. */
interface Reason {
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly ValidationIssue[];
  /** Of one that was sent: requests that were made for it. */
  readonly attempts?: number;
  /** Of one that was answered: the status of the last answer. */
  readonly status?: number;
  /** Of one that may be there already, so that it might be there twice when it is sent again. */
  readonly maybeRecorded?: true;
  readonly file: string;
  readonly line: number;
  /** Where it stood first, if that is another place. */
  readonly origin?: Origin;
}

// Enough for all that a person would mend at once; a record can have any number of mistakes.
const ISSUES_KEPT = 20;
const MESSAGE_LENGTH = 4_000;

/** What of an error goes beside a record. */
export type ReturnedError = Pick<AnyAttributionError, 'code' | 'message'> &
  Partial<Pick<AnyAttributionError, 'attempts' | 'status' | 'maybeRecorded'>> & {
    readonly issues?: readonly ValidationIssue[];
  };

/**
 * A file of records that were rejected or failed, one JSON object a line, with the reason beside each. It can be fed in
 * again as it is; what was no record stands under `raw`, to be mended there.
 *
 * Made only when there is something to write, readable by its owner alone.
 */
export class ReturnedRecords {
  readonly #exists: boolean;
  #fd: number | undefined = undefined;
  #bytes = 0;
  #unsynced = false;
  #beginFile: () => void = () => undefined;

  /**
   * Looks at the path without touching it.
   *
   * @param known the file as an earlier run noted it, if there was one.
   * @param overwrite whether a file that is not known may be written over.
   * @throws {UsageError} if there is a file that is not this run's.
   */
  constructor(
    readonly path: string,
    private readonly known: ReturnedFile | undefined,
    private readonly overwrite: boolean,
  ) {
    this.#exists = inspectOutput(path);
    // In an empty one nothing is lost: a killed run may have made it.
    if (this.#exists && known?.path !== path && !overwrite && statSync(path).size > 0) throw somebodyElses(path);
  }

  /**
   * Begins to write: cuts a file that is there to what belongs to this run.
   *
   * @param beginFile called when a file has been taken over or made, before anything is written to it.
   */
  open(beginFile: () => void): void {
    this.#beginFile = beginFile;
    if (!this.#exists) return;
    const { known, path } = this;
    const isKnown = known?.path === path && !this.overwrite;
    const fd = this.#attempt(() => openSync(path, constants.O_RDWR | constants.O_APPEND | NO_FOLLOW));
    this.#fd = fd;
    const size = this.#attempt(() => fstatSync(fd).size);
    if (!isKnown && !this.overwrite && size > 0) throw somebodyElses(path);
    if (!isKnown) beginFile();
    this.#bytes = isKnown ? Math.min(known.bytes, size) : 0;
    this.#attempt(() => ftruncateSync(fd, this.#bytes));
  }

  /** Adds a record; gives the size of the file after it. */
  add(source: FlatRecord, from: Pick<InputRecord, 'path' | 'line' | 'origin'>, error: ReturnedError): number {
    const { code, issues, attempts = 0, status, maybeRecorded = false } = error;
    const { path, line, origin } = from;
    const message = describeTrouble(error, MESSAGE_LENGTH);
    const mistakes = issues && { issues: issues.slice(0, ISSUES_KEPT) };
    const sent = attempts > 0 && { attempts, ...(status && { status }), ...(maybeRecorded && { maybeRecorded }) };
    const reason: Reason = { code, message, ...mistakes, ...sent, file: path, line, ...(origin && { origin }) };
    const text = Buffer.from(`${JSON.stringify({ ...source, error: reason })}\n`);
    const fd = this.#fd ?? this.#make();
    this.#attempt(() => {
      try {
        writeFileSync(fd, text);
      } catch (trouble) {
        // What there was room for is no record.
        ftruncateSync(fd, this.#bytes);
        throw trouble;
      }
    });
    this.#bytes += text.length;
    this.#unsynced = true;
    return this.#bytes;
  }

  /** The path, if there are records in the file. */
  get pathIfWritten(): string | undefined {
    return this.#bytes > 0 ? this.path : undefined;
  }

  /** Puts what was added on the disk: before the checkpoint says that the record has ended. */
  sync(): void {
    const fd = this.#fd;
    if (fd === undefined || !this.#unsynced) return;
    this.#attempt(() => fdatasyncSync(fd));
    this.#unsynced = false;
  }

  /** Puts everything on the disk and closes the file. */
  close(): void {
    try {
      this.sync();
    } finally {
      if (this.#fd !== undefined) closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  #make(): number {
    // Exclusive, which does not follow a link either.
    const fd = this.#attempt(() => openSync(this.path, 'ax', 0o600));
    this.#fd = fd;
    // Only now: were it noted first, and made by somebody else meanwhile, the next run would cut that file off.
    this.#beginFile();
    return fd;
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw new FileError('write', this.path, error);
    }
  }
}

function somebodyElses(path: string): UsageError {
  return new UsageError(`${path} exists: move it away, name another file, or give --restart to write over it`);
}
