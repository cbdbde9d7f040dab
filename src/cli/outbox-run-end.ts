import { isAttributionError, type AnyAttributionError } from '../errors.js';
import type { QueueStats } from '../outbox/queue.js';
import { EXIT_CODE } from './exit-code.js';
import { FileError } from './file-error.js';
import type { StoredTotals } from './store-records.js';
import type { OutboxReport } from './summary.js';
import { UsageError } from './usage-error.js';

/** What a run may break off at without being at fault itself. */
export type ExpectedProblem = FileError | UsageError | AnyAttributionError;

/** How a run through an outbox ended. */
export interface OutboxRunEnd {
  readonly stored: StoredTotals;
  /** What is in the outbox; undefined if that could not be found out. */
  readonly left: QueueStats | undefined;
  readonly interrupted: boolean;
  /** What it broke off at, if it did not end in order. */
  readonly problem: ExpectedProblem | undefined;
}

/** Whether an error is told as one of the call, the files or the outbox, rather than as a fault of the program. */
export function isExpected(error: unknown): error is ExpectedProblem {
  return error instanceof FileError || error instanceof UsageError || isAttributionError(error);
}

/** What the report says of the outbox. */
export function reportOnOutbox(path: string, { stored, left }: OutboxRunEnd): OutboxReport {
  const waiting = left === undefined ? 0 : left.ready + left.delayed + left.leased;
  return { path, added: stored.added, duplicates: stored.duplicates, waiting, dead: left?.dead ?? 0 };
}

/** 0 only if everything was delivered, what earlier runs had left included. */
export function exitCodeOf({ problem, interrupted, stored }: OutboxRunEnd, { waiting, dead }: OutboxReport): number {
  if (problem instanceof UsageError) return EXIT_CODE.usage;
  if (problem !== undefined) return EXIT_CODE.incomplete;
  if (interrupted) return EXIT_CODE.interrupted;
  return stored.rejected + waiting + dead === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}
