import { existsSync } from 'node:fs';
import { sqliteQueue, type SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { UsageError } from './usage-error.js';

/**
 * Opens an outbox that is there, and closes it after the work; looking into one must not make one.
 *
 * @throws {UsageError} if there is none.
 */
export async function withStoredOutbox<T>(path: string, work: (queue: SqliteQueue) => Promise<T>): Promise<T> {
  refuseMissing(path);
  const queue = sqliteQueue({ path });
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** @throws {UsageError} if there is no outbox at a path. */
export function refuseMissing(path: string): void {
  if (!existsSync(path)) throw new UsageError(`there is no outbox ${path}`);
}
