import { closeSync, fdatasync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { END_ENTRY, writeBeginning, writeDoubts, writeEntry, writeProject, writeReason } from './checkpoint-entries.js';
import { writeState } from './checkpoint-file.js';
import type { CheckpointState } from './checkpoint-state.js';
import { addDoubts, sameDoubts, type DeliveryDoubts } from './delivery-doubts.js';
import { FileError } from './file-error.js';
import type { Input } from './open-input.js';
import { noTotals, type SettledStatus } from './status-totals.js';
import { syncFolder } from './sync-folder.js';

const sync = promisify(fdatasync);

// What a power cut may repeat: those that have ended but are not on the disk count as in flight.
const MAX_UNSYNCED = 1_000;
const SYNC_AFTER_MS = 100;
// From this size on it is written anew in short, so that it does not grow with the inputs.
const COMPACT_FROM_BYTES = 8_000_000;

/** What is noted of a record that has ended. */
export interface SettledDetails {
  readonly projectId?: string | undefined;
  /** Why it was not delivered, each in few words. */
  readonly reasons?: readonly string[] | undefined;
  /** Size of its file of rejected or failed records after it. */
  readonly fileBytes?: number;
}

/**
 * The journal of a run: which records have ended, so that an interrupted run goes on where it stopped.
 *
 * That a record was delivered is handed to the operating system at the end of the callback that brought its answer, so that
 * a killed process repeats no more than what was in flight, and what was just being answered; that it came back, at the
 * end of the event loop's turn, since its file must be on the disk before. All is put on the disk in the background, for
 * the power cut. Trouble with the disk comes out of the next call.
 */
export class Checkpoint {
  #fd: number;
  #bytes = 0;
  /** Entries to be written at the end of the current callback. */
  #entries = '';
  #ticking = false;
  /** Entries of records that came back, to be written once their files are on the disk. */
  #returnedEntries = '';
  #flushing: NodeJS.Immediate | undefined = undefined;
  #unsynced = 0;
  #syncing: Promise<void> | undefined = undefined;
  #syncTimer: NodeJS.Timeout | undefined = undefined;
  #failure: FileError | undefined = undefined;
  /** What is not certain about the deliveries of all runs. */
  #doubts: () => DeliveryDoubts = () => this.state.doubts;
  /** Puts on the disk what entries speak of; called before they are written. */
  beforeWrite: () => void = () => undefined;

  /**
   * Begins to write the checkpoint of a run that goes on from a state, in place of an older one.
   *
   * @throws {FileError} if it cannot be written.
   */
  constructor(
    readonly path: string,
    private readonly inputs: readonly Input[],
    /** How far the run has got; kept up by `settle`. */
    readonly state: CheckpointState,
    private readonly compactFromBytes = COMPACT_FROM_BYTES,
  ) {
    this.#fd = this.#writeAnew();
  }

  /** Notes that a record has ended, and counts it. */
  settle(ordinal: number, status: SettledStatus, { projectId, reasons, fileBytes = 0 }: SettledDetails = {}): void {
    const { settled, tally, returned } = this.state;
    if (!settled.add(ordinal)) return;
    const names = tally.add(status, projectId, reasons);
    // At once, so that they come before the entries that speak of them.
    if (names.project.isNew) this.#write(writeProject(names.project.number, names.project.text, noTotals()));
    for (const { isNew, number, text } of names.reasons) if (isNew) this.#write(writeReason(number, text, 0));
    const project = names.project.number;
    const entry = writeEntry({
      ordinal,
      status,
      project,
      reasons: names.reasons.map(({ number }) => number),
      fileBytes,
    });
    if (status === 'delivered') {
      this.#write(entry);
      return;
    }
    const file = returned[status];
    if (file !== undefined) returned[status] = { path: file.path, bytes: fileBytes };
    this.#writeReturned(entry);
  }

  /** Notes, before anything is in it, that a file of rejected or failed records belongs to this run. */
  beginFile(status: 'rejected' | 'failed', path: string): void {
    this.state.returned[status] = { path, bytes: 0 };
    this.#write(writeBeginning(status, path));
    this.flush();
    this.#throwFailure();
  }

  /** Keeps with the deliveries of the earlier runs what is not certain about those of this one, asked for whenever it writes. */
  addDoubts(ofThisRun: () => DeliveryDoubts): void {
    const earlier = this.state.doubts;
    this.#doubts = () => addDoubts(earlier, ofThisRun());
  }

  /** Resolves when so much is on the disk that going on is safe. */
  async room(): Promise<void> {
    this.#throwFailure();
    while (this.#unsynced >= MAX_UNSYNCED) {
      this.flush();
      await this.#sync();
      this.#throwFailure();
    }
  }

  /** Puts everything on the disk and closes the file; `complete` says that the inputs came to their end. */
  async close(complete: boolean): Promise<void> {
    try {
      this.#throwFailure();
      if (complete) {
        this.state.complete = true;
        this.#write(END_ENTRY);
      }
      this.flush();
      // The first may have begun before the last entry was written.
      await this.#sync();
      await this.#sync();
      this.#throwFailure();
    } finally {
      clearTimeout(this.#syncTimer);
      clearImmediate(this.#flushing);
      closeSync(this.#fd);
    }
  }

  /** Hands all entries to the operating system; trouble comes out of the next call. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#returnedEntries !== '') {
      try {
        this.beforeWrite();
      } catch (error) {
        this.#fail(error);
      }
      this.#entries += this.#returnedEntries;
      this.#returnedEntries = '';
    }
    this.#writeOut();
  }

  #write(entry: string): void {
    this.#throwFailure();
    this.#entries += entry;
    this.#unsynced += 1;
    if (this.#ticking) return;
    this.#ticking = true;
    process.nextTick(() => {
      this.#ticking = false;
      this.#writeOut();
    });
  }

  #writeReturned(entry: string): void {
    this.#throwFailure();
    this.#returnedEntries += entry;
    this.#unsynced += 1;
    this.#flushing ??= setImmediate(() => this.flush());
  }

  #writeOut(): void {
    this.#noteDoubts();
    // After trouble nothing more is written: an entry behind a torn one would be lost with it.
    if (this.#entries === '' || this.#failure !== undefined) return;
    try {
      writeFileSync(this.#fd, this.#entries);
    } catch (error) {
      this.#fail(error);
    }
    this.#bytes += this.#entries.length;
    this.#entries = '';
    this.#syncTimer ??= setTimeout(() => void this.#sync(), SYNC_AFTER_MS).unref();
  }

  #noteDoubts(): void {
    const doubts = this.#doubts();
    if (sameDoubts(doubts, this.state.doubts)) return;
    this.state.doubts = doubts;
    this.#entries += writeDoubts(doubts);
  }

  #sync(): Promise<void> {
    this.#syncing ??= this.#syncOnce();
    return this.#syncing;
  }

  async #syncOnce(): Promise<void> {
    this.flush();
    clearTimeout(this.#syncTimer);
    this.#syncTimer = undefined;
    const count = this.#unsynced;
    try {
      await sync(this.#fd);
      this.#unsynced -= count;
      if (this.#bytes > this.compactFromBytes) this.#compact();
    } catch (error) {
      this.#fail(error);
    }
    this.#syncing = undefined;
  }

  #compact(): void {
    this.flush();
    if (this.#failure !== undefined) return;
    const previous = this.#fd;
    this.#fd = this.#writeAnew();
    closeSync(previous);
    this.#unsynced = 0;
  }

  /** Writes the state in short, beside the file of before, which counts until this one is complete. */
  #writeAnew(): number {
    const temporary = `${this.path}.${randomUUID().slice(0, 8)}.tmp`;
    try {
      const text = writeState(this.state, this.inputs);
      const fd = openSync(temporary, 'wx', 0o600);
      writeFileSync(fd, text);
      fsyncSync(fd);
      renameSync(temporary, this.path);
      syncFolder(this.path);
      this.#bytes = 0;
      return fd;
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error instanceof FileError ? error : new FileError('write', this.path, error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof FileError ? error : new FileError('write', this.path, error);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
