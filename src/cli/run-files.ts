import { existsSync } from 'node:fs';
import { Checkpoint } from './checkpoint.js';
import { readState } from './checkpoint-file.js';
import { emptyState, type CheckpointState, type ReturnedFile } from './checkpoint-state.js';
import type { DeliveryDoubts } from './delivery-doubts.js';
import { adviseAfterEnd } from './finished-advice.js';
import type { Input } from './open-input.js';
import { inspectOutput, refuseSameFile } from './output-path.js';
import { baseName, returnedPaths } from './returned-paths.js';
import { ReturnedRecords } from './returned-records.js';
import { lockPath, RunLock } from './run-lock.js';
import type { Tally } from './tally.js';
import { UsageError } from './usage-error.js';

/** What the files of a run depend on. */
export interface RunFileOptions {
  readonly rejected?: string;
  readonly failed?: string;
  /** A path, or false for none. */
  readonly checkpoint?: string | false;
  /** Whether to forget an earlier run, and to write over what is there. */
  readonly restart?: boolean;
  /** Whether to go on although an input has changed. */
  readonly acceptChanged?: boolean;
  /** The partner that it sends as. */
  readonly partner?: string;
  /** Where it sends to, if not to CleverTap. */
  readonly baseUrl?: string;
}

/** The files that a run writes. */
export interface RunFiles {
  readonly checkpoint: Checkpoint | undefined;
  /** What became of the records, those of the runs before included. */
  readonly tally: Tally;
  readonly rejected: ReturnedRecords;
  readonly failed: ReturnedRecords;
  /** Keeps other runs from the checkpoint. */
  readonly lock: RunLock | undefined;
}

/** A run that came to its end. */
export interface FinishedRun {
  readonly tally: Tally;
  readonly doubts: DeliveryDoubts;
  readonly files: {
    readonly rejected: string | undefined;
    readonly failed: string | undefined;
    readonly checkpoint: string;
  };
}

/**
 * Looks for a run of the same inputs that came to its end, so that there is nothing to do. Only files can be known to be the
 * same: a stream is another one each time.
 *
 * @throws {UsageError} if the checkpoint is of other inputs, or none.
 */
export async function findFinishedRun(
  inputs: readonly Input[],
  options: RunFileOptions,
): Promise<FinishedRun | undefined> {
  const path = checkpointPath(inputs, options);
  if (path === undefined || options.restart === true || options.acceptChanged === true) return undefined;
  if (inputs.some(({ identity }) => identity === undefined)) return undefined;
  if (!atCheckpoint(() => inspectOutput(path))) return undefined;
  const state = await readState(path, inputs);
  refuseOtherTarget(path, state, options);
  const { complete, tally, doubts, returned } = state;
  if (!complete) return undefined;
  return {
    tally,
    doubts,
    files: { rejected: pathIfThere(returned.rejected), failed: pathIfThere(returned.failed), checkpoint: path },
  };
}

/** The path of a file that has something in it and was not taken away since. */
function pathIfThere(file: ReturnedFile | undefined): string | undefined {
  return file !== undefined && file.bytes > 0 && existsSync(file.path) ? file.path : undefined;
}

/**
 * Opens what a run writes, going on from an earlier run of the same inputs. Everything is looked at first, so that a call
 * which is refused changes nothing.
 *
 * @throws {UsageError} if a file is not this run's, another run is at it, or the earlier run came to its end.
 */
export async function openRunFiles(inputs: readonly Input[], options: RunFileOptions): Promise<RunFiles> {
  const path = checkpointPath(inputs, options);
  if (path !== undefined) {
    // Before the lock is made, which goes by its name.
    refuseSameFile(pathsOf(inputs), [path, lockPath(path)]);
    atCheckpoint(() => inspectOutput(path));
  }
  const lock = path === undefined ? undefined : atCheckpoint(() => new RunLock(path));
  try {
    return await openLocked(inputs, options, path, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Does something about a checkpoint, of which nobody may have asked for one, and certainly not for its place. */
function atCheckpoint<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('cannot write '))
      throw new UsageError(`${error.message}: name another place with --checkpoint, or give --no-checkpoint`);
    throw error;
  }
}

async function openLocked(
  inputs: readonly Input[],
  options: RunFileOptions,
  path: string | undefined,
  lock: RunLock | undefined,
): Promise<RunFiles> {
  const restart = options.restart === true;
  const state = path === undefined ? emptyState() : await findState(path, inputs, restart, options);
  state.target = describeTarget(options);
  // What an earlier run has begun is its own to be written over; the file beside it may be another run's.
  const begun = restart && path !== undefined ? await findBegun(path, inputs) : state.returned;
  const paths = returnedPaths(baseName(inputs[0]), begun);
  const rejectedPath = options.rejected ?? paths.rejected;
  const failedPath = options.failed ?? paths.failed;
  refuseSameFile(pathsOf(inputs), [rejectedPath, failedPath, ...(path === undefined ? [] : [path, lockPath(path)])]);
  const rejected = new ReturnedRecords(rejectedPath, state.returned.rejected, restart);
  const failed = new ReturnedRecords(failedPath, state.returned.failed, restart);
  const checkpoint = path === undefined ? undefined : new Checkpoint(path, inputs, state);
  rejected.open(() => checkpoint?.beginFile('rejected', rejectedPath));
  failed.open(() => checkpoint?.beginFile('failed', failedPath));
  if (checkpoint !== undefined) {
    checkpoint.beforeWrite = () => {
      rejected.sync();
      failed.sync();
    };
  }
  return { checkpoint, tally: state.tally, rejected, failed, lock };
}

/**
 * Puts everything on the disk; `complete` says that the inputs came to their end.
 *
 * @throws {FileError} if something is not there.
 */
export async function closeRunFiles(
  { checkpoint, rejected, failed, lock }: RunFiles,
  complete: boolean,
): Promise<void> {
  try {
    // First, so that it does not say that a record has ended whose file fails then.
    await checkpoint?.close(complete);
  } finally {
    try {
      rejected.close();
    } finally {
      try {
        failed.close();
      } finally {
        lock?.release();
      }
    }
  }
}

function checkpointPath(inputs: readonly Input[], { checkpoint }: RunFileOptions): string | undefined {
  // A stream cannot be told from another one, so it has a checkpoint only if that is asked for.
  const implied = inputs.some(({ identity }) => identity === undefined)
    ? undefined
    : `${baseName(inputs[0])}.checkpoint`;
  return checkpoint === false ? undefined : (checkpoint ?? implied);
}

async function findState(
  path: string,
  inputs: readonly Input[],
  restart: boolean,
  options: RunFileOptions,
): Promise<CheckpointState> {
  const { acceptChanged = false } = options;
  if (!inspectOutput(path) || restart) return emptyState();
  const state = await readState(path, inputs, acceptChanged);
  refuseOtherTarget(path, state, options);
  if (state.complete && !acceptChanged) {
    const { tally, returned } = state;
    const { delivered, rejected, failed } = tally.totals;
    const files = { rejected: pathIfThere(returned.rejected), failed: pathIfThere(returned.failed) };
    throw new UsageError(
      `${path} says that this run came to its end (${delivered} delivered, ${rejected} rejected, ${failed} failed). ${adviseAfterEnd(files, tally)}`,
    );
  }
  return { ...state, complete: false };
}

function describeTarget({ partner, baseUrl }: RunFileOptions): string {
  return `${baseUrl ?? 'CleverTap'} as partner ${partner ?? '(none)'}`;
}

/** What a rehearsal has delivered to an emulator must not pass for delivered to CleverTap. */
function refuseOtherTarget(path: string, { target }: CheckpointState, options: RunFileOptions): void {
  const wanted = describeTarget(options);
  if (target === undefined || target === wanted) return;
  throw new UsageError(
    `${path} is of a run that sent to ${target}, and this one is to send to ${wanted}: give another --checkpoint, or --restart to send everything again`,
  );
}

/** The files that a run which is forgotten had begun; none, if its checkpoint cannot be made out. */
async function findBegun(path: string, inputs: readonly Input[]): Promise<CheckpointState['returned']> {
  try {
    return (await readState(path, inputs, true)).returned;
  } catch {
    return {};
  }
}

function pathsOf(inputs: readonly Input[]): string[] {
  return inputs.filter(({ identity }) => identity !== undefined).map((input) => input.path);
}
