import type { Database } from '../../../src/outbox/sqlite/database.js';
import { chooseDriver, currentSurroundings } from '../../../src/outbox/sqlite/driver-choice.js';
import { loadDriver } from '../../../src/outbox/sqlite/load-driver.js';

/** A connection to any SQLite file, as somebody else would have it. */
export function openRaw(path: string): Database {
  const { DatabaseClass } = loadDriver(chooseDriver(currentSurroundings()));
  const database = new DatabaseClass(path);
  database.exec('PRAGMA busy_timeout = 5000');
  return database;
}
