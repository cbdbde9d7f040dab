/**
 * `clevertap-attribution/bullmq`: an outbox's events in Redis, through BullMQ, where one machine is not enough.
 */
export { bullmqQueue } from './bullmq-queue.js';
export type { BullmqQueueOptions, DurabilityPolicy } from './bullmq-options.js';
