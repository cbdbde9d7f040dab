import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { CheckpointState } from './checkpoint-state.js';
import type { Input } from './open-input.js';

/** Where the records go that come back. */
export interface ReturnedPaths {
  readonly rejected: string;
  readonly failed: string;
}

const RETURNED_FILE = /^(?<origin>.+)\.(?:rejected|failed)(?:-\d{1,9})?\.ndjson$/;

/**
 * Names the files of records that come back after the first input: `a.csv.failed.ndjson`.
 *
 * Where that is such a file itself, each is named after what it came from, with the first number that is free among those of
 * its kind: `a.csv.failed-2.ndjson` is the second file of failed records, whatever was rejected. What the checkpoint says
 * that the run has begun is kept to.
 */
export function returnedPaths(firstInput: string, begun: CheckpointState['returned']): ReturnedPaths {
  const { origin } = RETURNED_FILE.exec(firstInput)?.groups ?? {};
  const pathOf = (kind: 'rejected' | 'failed') =>
    origin === undefined ? `${firstInput}.${kind}.ndjson` : (begun[kind]?.path ?? firstFree(`${origin}.${kind}`));
  return { rejected: pathOf('rejected'), failed: pathOf('failed') };
}

function firstFree(start: string): string {
  for (let number = 2; ; number += 1) {
    const path = `${start}-${number}.ndjson`;
    // One that was taken away may have left its checkpoint, which would be in the way of whoever forwards the new one.
    if (!existsSync(path) && !existsSync(`${path}.checkpoint`)) return path;
  }
}

/** What the files of a run are named after. */
export function baseName(first: Input | undefined): string {
  if (first === undefined || first.path === '-') return 'stdin';
  // A pipe has its name in a folder of the system (/dev/fd/63).
  return first.identity === undefined ? basename(first.path) : first.path;
}
