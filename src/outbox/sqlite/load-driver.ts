import { createRequire } from 'node:module';
import type { Database } from './database.js';
import { INSTALL_ADVICE, type DriverCandidate, type DriverChoice, type DriverName } from './driver-choice.js';
import { StoreFailure } from './failure.js';

type DatabaseClass = new (path: string) => Database;

/** A class that opens databases, of the first driver that loads. */
export function loadDriver({ candidates, reasons }: DriverChoice): { name: DriverName; DatabaseClass: DatabaseClass } {
  const failures = [...reasons];
  for (const candidate of candidates) {
    try {
      return { name: candidate.name, DatabaseClass: load(candidate) };
    } catch (error) {
      failures.push(`${candidate.name} could not be loaded (${firstLineOf(error)})`);
    }
  }
  throw new StoreFailure({
    kind: 'storage',
    message: `the outbox needs an SQLite driver: ${failures.join('; ')}. ${INSTALL_ADVICE}`,
  });
}

function load({ name, specifier }: DriverCandidate): DatabaseClass {
  const loaded = createRequire(process.cwd() + '/')(specifier) as { DatabaseSync: DatabaseClass } & DatabaseClass;
  if (name !== 'better-sqlite3') return loaded.DatabaseSync;
  // It loads its binary with the first connection, and so tells only then that the binary is missing.
  new loaded(':memory:').close();
  return loaded;
}

function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
