import { readPragma, type Database } from './database.js';
import { StoreFailure } from './failure.js';

/** Marks a file as ours, in its header: "CTOB". */
export const APPLICATION_ID = 0x43544f42;

/**
 * What leads from each version to the next. Never change one that was released: add one.
 *
 * Within `items`, a partition's next one is found by `ready` whatever stands before it, so that partitions can take turns at
 * no cost; and an item that is out is in `leased` alone.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE totals (
     next_seq INTEGER NOT NULL,
     stored INTEGER NOT NULL,
     opened INTEGER NOT NULL
   ) STRICT;
   INSERT INTO totals VALUES (1, 0, 0);

   CREATE TABLE partitions (
     key INTEGER PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     stored INTEGER NOT NULL,
     bytes INTEGER NOT NULL
   ) STRICT;

   CREATE TABLE items (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     partition INTEGER NOT NULL,
     due INTEGER NOT NULL,
     lease INTEGER,
     lease_until INTEGER,
     deliveries INTEGER NOT NULL DEFAULT 0,
     failing_since INTEGER,
     added INTEGER NOT NULL,
     named INTEGER NOT NULL,
     payload TEXT NOT NULL
   ) STRICT;
   CREATE INDEX ready ON items (partition, due, seq) WHERE lease IS NULL;
   CREATE INDEX leased ON items (lease_until) WHERE lease IS NOT NULL;

   CREATE TABLE dead (
     place INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     seq INTEGER NOT NULL,
     partition INTEGER NOT NULL,
     deliveries INTEGER NOT NULL,
     added INTEGER NOT NULL,
     named INTEGER NOT NULL,
     died INTEGER NOT NULL,
     reason TEXT NOT NULL,
     payload TEXT NOT NULL
   ) STRICT;

   CREATE TABLE done (
     id TEXT PRIMARY KEY,
     forget_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX forgettable ON done (forget_at);`,
  `ALTER TABLE partitions ADD COLUMN trouble TEXT;
   ALTER TABLE partitions ADD COLUMN trouble_at INTEGER;`,
];

/** Version of the schema that this code writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Makes sure that a file is ours, and of a version that is understood; an empty one may become ours. */
export function checkOwnership(database: Database): void {
  const applicationId = readPragma(database, 'application_id');
  const version = Number(readPragma(database, 'user_version'));
  if (applicationId === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return;
    throw new StoreFailure({
      kind: 'storage',
      message: `the outbox file has version ${version} of its schema, and this version of clevertap-attribution knows up to ${SCHEMA_VERSION}: update clevertap-attribution.`,
    });
  }
  if (applicationId === 0 && version === 0 && readPragma(database, 'schema_version') === 0) return;
  throw new StoreFailure({
    kind: 'storage',
    message: 'the file is an SQLite database of something else, not an outbox: choose another path.',
  });
}

/** Brings an empty or older file to the current version. */
export function migrate(database: Database): void {
  if (readPragma(database, 'user_version') === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Again, under the lock: another process may have been first.
    checkOwnership(database);
    const version = Number(readPragma(database, 'user_version'));
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}
