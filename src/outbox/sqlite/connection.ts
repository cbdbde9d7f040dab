import { readPragma, type Database } from './database.js';
import { StoreFailure } from './failure.js';
import { checkOwnership, migrate } from './schema.js';
import { FIRST_SOUND_VERSION, isSoundVersion } from './sqlite-version.js';
import { troubleKindOf } from './sqlite-trouble.js';

/** What the write-ahead log may leave on the disk once it was larger. */
const MAX_IDLE_LOG_BYTES = 16 * 1024 * 1024;

/** Sets a fresh connection up, its file included, and makes sure that what it commits is on the disk. */
export function prepareConnection(
  database: Database,
  lockTimeoutMs: number,
  maxPages: (pageSize: number) => number,
): void {
  // First of all: even to prepare a statement reads the schema, which another process may be about to write.
  database.exec(`PRAGMA busy_timeout = ${lockTimeoutMs}`);
  checkSqliteVersion(database);
  checkOwnershipAtOnce(database);
  giveSpaceBackInSteps(database);
  useWriteAheadLog(database, lockTimeoutMs);
  database.exec(`PRAGMA journal_size_limit = ${MAX_IDLE_LOG_BYTES}; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON`);
  migrate(database);
  // With it goes what a process had written when it was killed, and not synced: this one sees that as if it were on the disk.
  database.exec('UPDATE totals SET opened = opened + 1');
  ensureFullSync(database);
  database.exec(`PRAGMA max_page_count = ${maxPages(Number(readPragma(database, 'page_size')))}`);
}

/** In one transaction, since another process may be making the file an outbox meanwhile. */
function checkOwnershipAtOnce(database: Database): void {
  database.exec('BEGIN');
  checkOwnership(database);
  database.exec('COMMIT');
}

function checkSqliteVersion(database: Database): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  if (isSoundVersion(version)) return;
  throw new StoreFailure({
    kind: 'storage',
    message: `SQLite ${version} can corrupt a file that several connections use; at least ${FIRST_SOUND_VERSION} is needed: update the SQLite driver.`,
  });
}

/** Only heeded while the file is empty, and only before the write-ahead log is; later it would be one more write to sync. */
function giveSpaceBackInSteps(database: Database): void {
  const INCREMENTAL = 2;
  if (Number(readPragma(database, 'auto_vacuum')) === INCREMENTAL) return;
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
}

function useWriteAheadLog(database: Database, lockTimeoutMs: number): void {
  const deadline = Date.now() + lockTimeoutMs;
  for (;;) {
    try {
      if (readPragma(database, 'journal_mode = WAL') === 'wal') return;
    } catch (error) {
      // SQLite does not wait by itself here.
      if (troubleKindOf(error) !== 'busy' || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      continue;
    }
    throw new StoreFailure({
      kind: 'storage',
      message: 'the outbox file cannot have a write-ahead log where it lies: choose a path on a local disk.',
    });
  }
}

/**
 * Without FULL, a power failure can undo what was acknowledged. better-sqlite3 is built to fall to NORMAL with the first write
 * to a write-ahead log, so what counts is what it says after one.
 */
function ensureFullSync(database: Database): void {
  const FULL = 2;
  if (Number(readPragma(database, 'synchronous')) >= FULL) return;
  database.exec('PRAGMA synchronous = FULL; UPDATE totals SET opened = opened + 1');
  if (Number(readPragma(database, 'synchronous')) >= FULL) return;
  throw new StoreFailure({
    kind: 'storage',
    message: 'the SQLite driver does not let itself be told to sync each commit: use another driver.',
  });
}
