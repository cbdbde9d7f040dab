/** Keeps events until CleverTap has them: across crashes, deploys and outages. */
export { Outbox } from './outbox.js';
export type { Added, AddOptions, AddResult, OutboxRecord, RefusedResult, StoredResult } from './outbox-record.js';
export type { OutboxCloseReport, OutboxCounters, OutboxStats } from './outbox-report.js';
export type { OutboxOptions } from './outbox-options.js';
export type {
  DeadLetterNotice,
  OutboxDeliveredNotice,
  OutboxNotice,
  ProjectHoldNotice,
  RescheduledNotice,
  SpillDrainedNotice,
  SpilledNotice,
  StoredEventNotice,
  TroubleNotice,
} from './outbox-notice.js';
export type {
  ConsumeOptions,
  Consumer,
  ConsumerReport,
  DeadLetter,
  DeliveryHandler,
  EnqueueReport,
  Outcome,
  Queue,
  QueueDelivery,
  QueueItem,
  QueueStats,
} from './queue.js';
export type { RetrySchedule } from './retry-schedule.js';
export type { SqliteQueueOptions } from './sqlite/sqlite-options.js';
export { sqliteQueue, type SqliteQueue } from './sqlite/sqlite-queue.js';
export type { PartitionStats, PartitionTrouble } from './sqlite/partition-stats.js';
export type { DriverName } from './sqlite/driver-choice.js';
