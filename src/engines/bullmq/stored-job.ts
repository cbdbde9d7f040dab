import type { JobsOptions } from 'bullmq';
import type { QueueItem } from '../../outbox/queue.js';
import { jobIdOf } from './job-id.js';

/** What a job holds beside its name, which is the partition. */
export interface StoredData {
  readonly payload: string;
  readonly failingSince?: number;
}

// As good as infinite, and still an integer wherever BullMQ puts it: trouble with Redis or with a worker uses attempts
// up, and must never make a dead letter. Whether an event is given up is decided by the outbox alone.
export const UNLIMITED = 2 ** 31 - 1;

/** How BullMQ is to treat the job of an item. */
export function jobOptionsOf(item: QueueItem, duplicateRetentionMs: number): JobsOptions {
  return {
    jobId: jobIdOf(item.id),
    ...(item.addedAt === undefined ? {} : { timestamp: item.addedAt }),
    attempts: UNLIMITED,
    // An id that was made for this event alone does not come again, so nothing needs to be kept of it.
    removeOnComplete: item.named && duplicateRetentionMs > 0 ? { age: Math.ceil(duplicateRetentionMs / 1000) } : true,
    removeOnFail: false,
    // A stack may hold anything.
    stackTraceLimit: 0,
  };
}
