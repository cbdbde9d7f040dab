import type { QueueStats } from './queue.js';

/** Totals of an outbox since it was made, in this process. */
export interface OutboxCounters {
  /** Events that were stored. */
  readonly added: number;
  /** Events that had been stored before. */
  readonly duplicates: number;
  /** Events that were delivered. */
  readonly delivered: number;
  /** Those of them that may be there twice. */
  readonly maybeDuplicate: number;
  /** Deliveries that failed and will be tried again. */
  readonly rescheduled: number;
  /** Events that became dead letters. */
  readonly dead: number;
  /** Events that are out for delivery now. */
  readonly out: number;
  /** Projects on hold now. */
  readonly projectsOnHold: number;
  /** Events that were put aside in the spill store since the queue could not be reached; counted under `added` as well. */
  readonly spilled: number;
  /** Events that were brought from the spill store to the queue, those of other processes included. */
  readonly drained: number;
  /**
   * Those of them that the queue had already: their id had been added twice, once here and once there, or the queue had taken
   * them and could not say so any more. Each is one event.
   */
  readonly spillDuplicates: number;
  /** Whether the queue is taken to be away, so that events are put aside; false without a spill store. */
  readonly engineAway: boolean;
  /** How often something in the background did not work and was tried again: reaching the queue, fetching, settling, draining. */
  readonly troubles: number;
}

/** How much an outbox has stored. */
export interface OutboxStats extends QueueStats {
  /** Events in the spill store, which are in none of the other numbers. */
  readonly spilled: number;
}

/** What `close()` of an outbox reports of the time between its call and its end. */
export interface OutboxCloseReport {
  /** Events that were still delivered. */
  readonly delivered: number;
  /** Events that were out and are stored again, due at once. */
  readonly handedBack: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}
