import type * as bullmq from 'bullmq';
import { StorageError } from '../../errors.js';

/** BullMQ, which is loaded when it is needed: whoever keeps events elsewhere does not have it. */
export type Bullmq = typeof bullmq;

/**
 * Loads BullMQ.
 *
 * @throws {StorageError} with the command that installs it.
 */
export async function loadBullmq(): Promise<Bullmq> {
  try {
    return await import('bullmq');
  } catch {
    throw new StorageError('BullMQ is not installed; run: npm install bullmq ioredis');
  }
}
