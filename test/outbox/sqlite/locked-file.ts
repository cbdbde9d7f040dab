import { openRaw } from './raw-database.js';

/** Keeps all others from writing to a database until the function it gives is called. */
export function lockFile(path: string): () => void {
  const database = openRaw(path);
  database.exec('BEGIN IMMEDIATE');
  return () => {
    database.exec('ROLLBACK');
    database.close();
  };
}
