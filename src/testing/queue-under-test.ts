import type { Queue } from '../outbox/queue.js';

/** What a process of its own is to do with the queue, until it is killed; `runQueueProcess` does it. */
export type QueueProcessTask = 'enqueue' | 'consume';

/** A process of its own that works on the same store. */
export interface QueueProcess {
  /** Ids it has told of so far: with `enqueue` those acknowledged, with `consume` those handed to it. */
  readonly reported: readonly string[];
  /** Ends it so that it cannot do anything about it (SIGKILL); resolves when it is gone. */
  kill(): Promise<void>;
}

/** A store of a check's own, empty at first. */
export interface QueueStore {
  /** Opens a queue on it; each call is another worker on the same store. */
  open(): Queue | Promise<Queue>;
  /** Starts a process on it that hands its queue to `runQueueProcess`. Without it, the checks that kill are skipped. */
  startProcess?(task: QueueProcessTask): Promise<QueueProcess>;
  /**
   * Makes the engine unreachable for the queues that are open, until the function it gives is called. Without it, the checks of
   * an engine that cannot be reached are skipped.
   */
  cutOff?(): Promise<() => Promise<void>>;
  /** Drops the store, once all queues on it are closed. */
  drop?(): void | Promise<void>;
}

/**
 * What an engine may be unable to do by its nature: keep a bound, have partitions take turns, limit how many of one partition are
 * out.
 */
export type QueueAbility = 'bound' | 'fairness' | 'perPartition';

/** The engine to check. */
export interface QueueUnderTest {
  /** Makes a store for one check; with `maxEvents`, one that holds no more, of one partition alone as well. */
  createStore(bounds?: { readonly maxEvents: number }): QueueStore | Promise<QueueStore>;
  /** What it cannot do by its nature, with the reason: those checks are skipped and say so. */
  readonly lacks?: Readonly<Partial<Record<QueueAbility, string>>>;
  /** Shortest lease that the engine can keep, in milliseconds. @default 1000 */
  readonly shortestLeaseMs?: number;
  /** How long a check waits for what must come, in milliseconds. @default 15000 */
  readonly patienceMs?: number;
}
