import { isAttributionError, type AnyAttributionError } from '../errors.js';
import { EXIT_CODE } from './exit-code.js';
import { FileError } from './file-error.js';
import type { OutboxLeft } from './run-outbox.js';
import type { StoredTotals } from './store-records.js';
import type { OutboxReport } from './summary.js';
import { UsageError } from './usage-error.js';

/** What a run may break off at without being at fault itself. */
export type ExpectedProblem = FileError | UsageError | AnyAttributionError;

/** How a run through an outbox ended. */
export interface OutboxRunEnd {
  readonly stored: StoredTotals;
  /** What is in the outbox; undefined if that could not be found out. */
  readonly left: OutboxLeft | undefined;
  readonly interrupted: boolean;
  /** What it broke off at, if it did not end in order. */
  readonly problem: ExpectedProblem | undefined;
}

/** Whether an error is told as one of the call, the files or the outbox, rather than as a fault of the program. */
export function isExpected(error: unknown): error is ExpectedProblem {
  return error instanceof FileError || error instanceof UsageError || isAttributionError(error);
}

/** What the report says of the outbox; `failed` are the events by project that failed in this run and are still stored. */
export function reportOnOutbox(
  path: string,
  { stored, left }: OutboxRunEnd,
  failed: ReadonlyMap<string, number>,
): OutboxReport {
  const waiting = left === undefined ? 0 : left.ready + left.delayed + left.leased;
  const untried = (left?.projects ?? []).map(({ partition, ready, delayed, leased }): [string, number] => [
    partition,
    Math.max(0, ready + delayed + leased - (failed.get(partition) ?? 0)),
  ]);
  return {
    path,
    added: stored.added,
    duplicates: stored.duplicates,
    mistakes: stored.rejected,
    waiting,
    waitingByProject: Object.fromEntries(untried.filter(([, count]) => count > 0)),
    dead: left?.dead ?? 0,
  };
}

/** 0 only if everything was delivered, what earlier runs had left included. */
export function exitCodeOf({ problem, interrupted, stored }: OutboxRunEnd, { waiting, dead }: OutboxReport): number {
  if (problem instanceof UsageError) return EXIT_CODE.usage;
  if (problem !== undefined) return EXIT_CODE.incomplete;
  if (interrupted) return EXIT_CODE.interrupted;
  return stored.rejected + waiting + dead === 0 ? EXIT_CODE.ok : EXIT_CODE.incomplete;
}
