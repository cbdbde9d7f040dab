import { createRequire, isBuiltin } from 'node:module';
import { performance } from 'node:perf_hooks';
import { sampleEvents } from '../load/sample-events.js';

/** What the process is started with. */
export interface BareSqliteOptions {
  /** The file; it must not be there. */
  readonly path: string;
}

/** Events of one transaction. */
const PER_TRANSACTION = 64;

interface BareDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { run(...values: string[]): unknown };
}

type DatabaseClass = new (path: string) => BareDatabase;

/** The driver that the outbox takes first. */
function loadDriver(): DatabaseClass {
  const require = createRequire(import.meta.url);
  const drivers: readonly (() => DatabaseClass)[] = [
    // A name that no bundler follows, and that Node 20 does not know.
    ...(isBuiltin('node:sqlite')
      ? [() => (require('node:sqlite') as { DatabaseSync: DatabaseClass }).DatabaseSync]
      : []),
    () => require('better-sqlite3') as DatabaseClass,
    () => (require('@photostructure/sqlite') as { DatabaseSync: DatabaseClass }).DatabaseSync,
  ];
  for (const load of drivers) {
    try {
      return load();
    } catch {
      // Not installed.
    }
  }
  throw new Error('there is no SQLite driver');
}

/** Starts what somebody writes who needs no outbox: rows of the same size, so many in each synced transaction. */
export function start({ path }: BareSqliteOptions) {
  const database = new (loadDriver())(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE events (id TEXT PRIMARY KEY, payload TEXT NOT NULL)');
  // better-sqlite3 falls to NORMAL with the first write.
  database.exec('PRAGMA synchronous = FULL');
  const insert = database.prepare('INSERT INTO events VALUES (?, ?)');
  const payloads = sampleEvents(300).map((event) => JSON.stringify({ version: 1, event }));
  let last = 0;
  return Promise.resolve({
    /** Rows a second. */
    add: (durationMs: number): number => {
      const startedAt = performance.now();
      let added = 0;
      while (performance.now() - startedAt < durationMs) {
        database.exec('BEGIN IMMEDIATE');
        for (let row = 0; row < PER_TRANSACTION; row += 1) {
          last += 1;
          insert.run(
            `0199${last.toString(16).padStart(12, '0')}-7000-8000-000000000000`.slice(0, 36),
            payloads[last % payloads.length] ?? '',
          );
        }
        database.exec('COMMIT');
        added += PER_TRANSACTION;
      }
      return (added / (performance.now() - startedAt)) * 1_000;
    },
  });
}
