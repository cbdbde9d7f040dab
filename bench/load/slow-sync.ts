import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../process/start-process.js';

/** By how much each sync is delayed, in milliseconds. */
export const SYNC_DELAY_MS = 10;

/**
 * Variables of a process whose syncs each take 10 ms longer, as on a slow disk: a library that is loaded before libc, compiled
 * into a folder. Undefined where there is no C compiler, or that is not possible.
 */
export function slowSyncEnvironment(folder: string): Readonly<Record<string, string>> | undefined {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'slow-sync.so');
  const source = join(root, 'bench/load/slow-sync.c');
  const flags = ['-shared', '-fPIC', `-DDELAY_MS=${SYNC_DELAY_MS}`];
  const { status } = spawnSync('cc', [...flags, '-o', library, source, '-ldl']);
  return status === 0 ? { LD_PRELOAD: library } : undefined;
}
