import { existsSync } from 'node:fs';
import type { CheckpointState } from './checkpoint-state.js';

/** Where the records go that come back. */
export interface ReturnedPaths {
  readonly rejected: string;
  readonly failed: string;
}

const RETURNED_FILE = /^(?<origin>.+)\.(?:rejected|failed)(?:-(?<round>\d{1,9}))?\.ndjson$/;

/**
 * Names the files of records that come back after the first input: `a.csv.failed.ndjson`.
 *
 * Where that is such a file itself, they are named after what it came from, with the first number that is free:
 * `a.csv.failed-2.ndjson`. What the checkpoint says that the run has begun is kept to.
 */
export function returnedPaths(firstInput: string, begun: CheckpointState['returned']): ReturnedPaths {
  const { origin, round = '1' } = RETURNED_FILE.exec(firstInput)?.groups ?? {};
  if (origin === undefined) return { rejected: `${firstInput}.rejected.ndjson`, failed: `${firstInput}.failed.ndjson` };
  for (let number = Number(round) + 1; ; number += 1) {
    const rejected = begun.rejected?.path ?? `${origin}.rejected-${number}.ndjson`;
    const failed = begun.failed?.path ?? `${origin}.failed-${number}.ndjson`;
    const isFree = (path: string, known: boolean) => known || !existsSync(path);
    if (isFree(rejected, begun.rejected !== undefined) && isFree(failed, begun.failed !== undefined))
      return { rejected, failed };
  }
}
