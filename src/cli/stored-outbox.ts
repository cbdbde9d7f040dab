import { existsSync } from 'node:fs';
import { describeIssues, isAttributionError } from '../errors.js';
import type { SqliteQueueOptions } from '../outbox/sqlite/sqlite-options.js';
import { sqliteQueue, type SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import { UsageError } from './usage-error.js';

/**
 * How long the ids of events that are delivered or discarded here are known again, in milliseconds (90 days): for so long, a
 * file that is given again has nothing stored twice.
 */
const REMEMBER_MS = 90 * 86_400_000;

/**
 * Opens the file of an outbox, which is made if it is not there.
 *
 * @throws {UsageError} if it cannot be opened: for want of a driver, or as the path is wrong.
 */
export async function openOutboxFile(
  path: string,
  options: Omit<SqliteQueueOptions, 'path'> = {},
): Promise<SqliteQueue> {
  try {
    const queue = sqliteQueue({ path, rememberMs: REMEMBER_MS, ...options });
    // The file is opened by the first call.
    await closeIfFailing(queue, () => queue.stats());
    return queue;
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    const why = error.code === 'validation' ? describeIssues(error.issues) : error.message;
    throw new UsageError(`cannot open the outbox ${path}: ${why}`);
  }
}

/** Does something that comes before the work on a queue; if that fails, the queue is closed. */
export async function closeIfFailing<T>(queue: Pick<SqliteQueue, 'close'>, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/**
 * Opens an outbox that is there; looking into one must not make one.
 *
 * @throws {UsageError} if there is none, or it cannot be opened.
 */
export async function openStoredOutbox(path: string): Promise<SqliteQueue> {
  if (!existsSync(path)) throw new UsageError(`there is no outbox ${path}`);
  return openOutboxFile(path);
}

/** Works on an outbox that is there, and closes it after the work. */
export async function withStoredOutbox<T>(path: string, work: (queue: SqliteQueue) => Promise<T>): Promise<T> {
  const queue = await openStoredOutbox(path);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}
