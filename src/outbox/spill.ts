import { isAttributionError, StorageError, type AnyAttributionError } from '../errors.js';
import type { NoticeSink } from '../observe/notice-listener.js';
import { EngineReach } from './engine-reach.js';
import { LastingConsumer, type StopOptions } from './lasting-consumer.js';
import type { OutboxNotice } from './outbox-notice.js';
import type { EnqueueReport, Outcome, Queue, QueueDelivery, QueueItem } from './queue.js';
import type { Troubles } from './troubles.js';

/** Events that may be on their way from the spill store to the engine at once. */
const MOVING_AT_ONCE = 256;

/** When an event is moved again that the engine refused, though it was there: it is full, as a rule. In milliseconds. */
const REFUSED_AGAIN_MS = 15_000;

/** How often it is looked whether a spill store is empty, once the last event has moved, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** What a spill is made of. */
export interface SpillParts {
  /** Where events belong. */
  readonly engine: Queue;
  /** Where they are put aside while the engine cannot be reached. */
  readonly store: Queue;
  /** How long others wait for what a process had that died while it moved events, in milliseconds. */
  readonly leaseMs: number;
  readonly listener: NoticeSink<OutboxNotice>;
  readonly troubles: Troubles;
  readonly reach?: EngineReach | undefined;
}

/** What a spill did in this process. */
export interface SpillCounts {
  /** Events that were put aside. */
  spilled: number;
  /** Events that were brought from the spill store to the engine, or were there already. */
  drained: number;
  /** Those of them that were there already. */
  spillDuplicates: number;
}

/**
 * Puts events aside on this machine's disk while their engine cannot be reached, and brings them there once it is back: those
 * of earlier processes too. An event is in one of the two at any time, or for a moment in both.
 */
export class Spill {
  readonly counts: SpillCounts = { spilled: 0, drained: 0, spillDuplicates: 0 };
  readonly #parts: SpillParts;
  readonly #reach: EngineReach;
  readonly #drain: LastingConsumer;
  #moving = 0;
  #movedSinceEmpty = 0;
  #looking: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(parts: SpillParts) {
    this.#parts = parts;
    this.#reach = parts.reach ?? new EngineReach();
    const onTrouble = (error: AnyAttributionError) => parts.troubles.note('drain', error);
    this.#drain = new LastingConsumer({
      begin: () =>
        parts.store.consume((delivery) => this.#move(delivery), {
          concurrency: MOVING_AT_ONCE,
          leaseMs: parts.leaseMs,
          onTrouble,
        }),
      onTrouble,
    });
  }

  /** Whether the engine is taken to be away. */
  get engineAway(): boolean {
    return this.#reach.trouble !== undefined;
  }

  /** Begins to bring to the engine what was put aside; goes on until `close()`. */
  start(): void {
    void this.#drain.start();
  }

  /**
   * Stores items in the engine, or puts them aside; resolves once they are durable.
   *
   * @throws {OverflowError} if the engine is full.
   * @throws {StorageError} with both reasons, if neither takes them.
   */
  async enqueue(items: readonly QueueItem[]): Promise<EnqueueReport> {
    // What an earlier process put aside is brought there even if nothing else is.
    this.start();
    if (this.#reach.mayTry()) return this.#storeOrPutAside(items);
    const trouble = this.#reach.trouble ?? new StorageError('the engine is away');
    return this.#putAside(items, trouble, (spillTrouble) => {
      // Nothing to lose: the engine may be back before its time.
      return this.#store(items).catch((error: unknown) => {
        throw isAway(error) ? neither(error, spillTrouble) : error;
      });
    });
  }

  /** How much is put aside; and how long its oldest event has been stored, in milliseconds. */
  async stats(): Promise<{ readonly spilled: number; readonly oldestAgeMs: number | undefined }> {
    const { ready, delayed, leased, oldestAgeMs } = await this.#parts.store.stats();
    return { spilled: ready + delayed + leased, oldestAgeMs };
  }

  /** Brings nothing more to the engine; what is on its way and not there after `timeoutMs` stays put aside. */
  async stop(options: StopOptions): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#looking);
    this.#reach.wake();
    await this.#drain.stop(options);
  }

  /** Lets go of the spill store; `stop` comes first. */
  close(): Promise<void> {
    return this.#parts.store.close();
  }

  async #storeOrPutAside(items: readonly QueueItem[]): Promise<EnqueueReport> {
    try {
      return await this.#store(items);
    } catch (error) {
      if (!isAway(error)) throw error;
      return this.#putAside(items, error, (spillTrouble) => {
        throw neither(error, spillTrouble);
      });
    }
  }

  /** In the engine; notes whether that could be reached. */
  async #store(items: readonly QueueItem[]): Promise<EnqueueReport> {
    try {
      const report = await this.#parts.engine.enqueue(items);
      this.#reach.reached();
      return report;
    } catch (error) {
      // Whoever refuses is there.
      if (isAway(error)) this.#reach.failed(error);
      else this.#reach.reached();
      throw error;
    }
  }

  async #putAside(
    items: readonly QueueItem[],
    { message: reason }: AnyAttributionError,
    orElse: (error: unknown) => Promise<EnqueueReport>,
  ): Promise<EnqueueReport> {
    let report: EnqueueReport;
    try {
      report = await this.#parts.store.enqueue(items);
    } catch (error) {
      return orElse(error);
    }
    const events = report.added.length;
    this.counts.spilled += events;
    if (events > 0) this.#parts.listener.notify({ type: 'spilled', events, reason });
    return report;
  }

  /** Brings one event to the engine, however long that is away. */
  async #move(delivery: QueueDelivery): Promise<Outcome> {
    this.#moving += 1;
    try {
      return await this.#moveWhenReached(delivery);
    } finally {
      this.#moving -= 1;
      if (this.#moving === 0 && this.#movedSinceEmpty > 0) this.#lookWhetherEmpty();
    }
  }

  async #moveWhenReached(delivery: QueueDelivery): Promise<Outcome> {
    const { id, named, partition, payload, addedAt } = delivery;
    for (;;) {
      // It waits here rather than in the store, which would be written to for each try of each event.
      while (!this.#closing && !this.#reach.mayTry()) await this.#reach.change();
      if (this.#closing) return retryAt(Date.now(), 'the process that moved it stopped', delivery);
      try {
        const { duplicates } = await this.#store([{ id, named, partition, payload, addedAt }]);
        this.counts.drained += 1;
        this.counts.spillDuplicates += duplicates.length;
        this.#movedSinceEmpty += 1;
        return { kind: 'delivered' };
      } catch (error) {
        const trouble = isAttributionError(error) ? error : new StorageError('the engine failed unexpectedly');
        this.#parts.troubles.note('drain', trouble);
        if (isAway(error)) continue;
        const at = Date.now() + REFUSED_AGAIN_MS * (0.5 + Math.random());
        return retryAt(at, trouble.message, delivery);
      }
    }
  }

  /** The last events to move are still to be settled in the spill store when the engine has them. */
  #lookWhetherEmpty(): void {
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => void this.#tellIfEmpty(), LOOK_EVERY_MS);
    this.#looking.unref();
  }

  async #tellIfEmpty(): Promise<void> {
    const stored = await this.#parts.store.stats().catch(() => undefined);
    if (this.#closing || this.#moving > 0 || this.#movedSinceEmpty === 0) return;
    if (stored === undefined || stored.leased > 0) {
      this.#lookWhetherEmpty();
      return;
    }
    if (stored.ready + stored.delayed > 0) return;
    this.#parts.listener.notify({ type: 'spill_drained', events: this.#movedSinceEmpty });
    this.#movedSinceEmpty = 0;
  }
}

function isAway(error: unknown): error is StorageError {
  return isAttributionError(error) && error.code === 'storage';
}

function retryAt(at: number, reason: string, { failingSince }: QueueDelivery): Outcome {
  return { kind: 'retry', at: Math.ceil(at), reason, failingSince };
}

function neither(engine: StorageError, spill: unknown): StorageError {
  const why = isAttributionError(spill) ? spill.message : 'it failed unexpectedly';
  return new StorageError(
    `could not store events, neither in the engine (${engine.message}) nor in the spill store (${why})`,
    { host: engine.host, cause: new AggregateError([engine, ...(isAttributionError(spill) ? [spill] : [])]) },
  );
}
