import type { AttributionEvent, UtmPolicy } from '../contract/event.js';
import { ClosedError } from '../errors.js';
import { NoticeListeners } from '../observe/notice-listeners.js';
import { checkCloseOptions, type CloseOptions } from '../call-options.js';
import { Deliveries } from './deliveries.js';
import { LastingConsumer } from './lasting-consumer.js';
import { OUTBOX_LOG_WORDS } from './outbox-log-words.js';
import type { OutboxNotice } from './outbox-notice.js';
import { resolveOutboxOptions, type OutboxOptions, type ResolvedOutboxOptions } from './outbox-options.js';
import {
  checkAdded,
  checkIds,
  checkRecord,
  checkRecords,
  type Added,
  type AddOptions,
  type AddResult,
  type Intake,
  type OutboxRecord,
} from './outbox-record.js';
import type { OutboxCloseReport, OutboxCounters, OutboxStats } from './outbox-report.js';
import type { DeadLetter, EnqueueReport, Queue } from './queue.js';
import { Spill } from './spill.js';
import { Troubles } from './troubles.js';

/**
 * Remembers events until they are delivered: what `add` has resolved for arrives, across crashes and outages, at least
 * once; what was in flight when a process died is sent again.
 *
 * The client delivers (limits, holds, short retries), the queue remembers, and the outbox decides when an event is due
 * again and when it is dead.
 */
export class Outbox<Policy extends UtmPolicy = 'all'> {
  readonly #options: ResolvedOutboxOptions;
  readonly #deliveries: Deliveries;
  readonly #troubles: Troubles;
  readonly #consumer: LastingConsumer;
  readonly #spill: Spill | undefined;
  #closing: Promise<OutboxCloseReport> | undefined = undefined;
  #added = 0;
  #duplicates = 0;

  /** @throws {ValidationError} with everything that is wrong with the options at once. */
  constructor(options: OutboxOptions<Policy>) {
    this.#options = resolveOutboxOptions(options);
    const listener = new NoticeListeners<OutboxNotice>(this.#options, OUTBOX_LOG_WORDS);
    // What waits is due at the next probe; now it need not wait for that, and if this fails, it waits until then.
    const onHoldLifted = (projectId: string) => void this.#releaseStored(projectId).catch(() => undefined);
    this.#deliveries = new Deliveries(this.#options, listener, onHoldLifted);
    this.#troubles = new Troubles(listener);
    const { queue: engine, spill: store, leaseMs } = this.#options;
    this.#consumer = new LastingConsumer({
      begin: () => this.#consume(),
      onTrouble: (error) => this.#troubles.note('start', error),
    });
    this.#spill = store && new Spill({ engine, store, leaseMs, listener, troubles: this.#troubles });
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Stores one event; resolves when it is on disk.
   *
   * @throws {ValidationError} if the event or its id is not valid, the event too long to be sent as far as that is known yet, or the options have an unknown key, or name no project where
   * there is no default.
   * @throws {OverflowError} if the queue, or the project's share of it, is full.
   * @throws {StorageError} if the queue cannot be reached or written to, and the spill store, if there is one, neither; then
   * the event may or may not be stored, so add it again with an id.
   */
  async add(event: AttributionEvent<Policy>, options: AddOptions = {}): Promise<Added> {
    this.#refuseIfClosed();
    const storing = this.#beginToStore(event, options);
    const { added } = this.#count(await storing.report);
    return { id: storing.id, duplicate: added.length === 0 };
  }

  /**
   * Stores many events in one step; resolves when they are on disk, with a result for each in their order. Those that are
   * not valid cost no other.
   *
   * @throws {ValidationError} if there is no list of records.
   * @throws {OverflowError} if not all valid ones fit; then none is stored.
   * @throws {StorageError} if the queue cannot be reached or written to, and the spill store, if there is one, neither.
   */
  async addMany(records: Iterable<OutboxRecord<Policy>>): Promise<readonly AddResult[]> {
    this.#refuseIfClosed();
    const intake = this.#intake;
    const checked = Array.from(checkRecords(records), (record) => checkRecord(record, intake));
    const items = checked.flatMap((result) => ('item' in result ? [result.item] : []));
    const report = items.length === 0 ? { added: [], duplicates: [] } : this.#count(await this.#store.enqueue(items));
    const added = new Set(report.added);
    return checked.map((result): AddResult => {
      if (!('item' in result)) return result;
      const { id } = result.item;
      // Of the same id twice in one call, the first was added.
      return { id, duplicate: !added.delete(id) };
    });
  }

  /**
   * Starts to deliver, until `close()`; and to bring to the queue what was spilled. Calling it again changes nothing.
   *
   * If the queue cannot be reached, it is tried again in the background until it can, with a `trouble` notice each time; the
   * promise resolves after the first try, however that ended.
   */
  async start(): Promise<void> {
    if (this.closed) throw new ClosedError('the outbox is closed and delivers no more');
    this.#spill?.start();
    await this.#consumer.start();
  }

  /** Makes what waits for later due now, in one project, and lifts its hold: its credentials were replaced. Gives their number. */
  async release(projectId: string): Promise<number> {
    this.#deliveries.release(projectId);
    return this.#releaseStored(projectId);
  }

  /**
   * How much is stored. What is just moving from the spill store to the queue may be counted in both.
   *
   * @throws {StorageError} if the queue, or the spill store, cannot be reached.
   */
  async stats(): Promise<OutboxStats> {
    // The spill store first, so that what moves meanwhile is not missed.
    const spill = await this.#spill?.stats();
    const stats = await this.#options.queue.stats();
    const ages = [stats.oldestAgeMs, spill?.oldestAgeMs].filter((age) => age !== undefined);
    const oldestAgeMs = ages.length === 0 ? undefined : Math.max(...ages);
    return { ...stats, spilled: spill?.spilled ?? 0, oldestAgeMs };
  }

  /** The totals since the outbox was made, in this process. */
  counters(): OutboxCounters {
    const { delivered, maybeDuplicate, rescheduled, dead, out } = this.#deliveries.counts;
    return {
      added: this.#added,
      duplicates: this.#duplicates,
      delivered,
      maybeDuplicate,
      rescheduled,
      dead,
      out,
      projectsOnHold: this.#deliveries.projectsOnHold,
      spilled: this.#spill?.counts.spilled ?? 0,
      drained: this.#spill?.counts.drained ?? 0,
      spillDuplicates: this.#spill?.counts.spillDuplicates ?? 0,
      engineAway: this.#spill?.engineAway ?? false,
      troubles: this.#troubles.total,
    };
  }

  /** Dead letters, oldest first; `after` is the id of the one to go on behind. */
  dead(options?: { readonly limit?: number; readonly after?: string }): AsyncIterable<DeadLetter> {
    return this.#options.queue.dead(options);
  }

  /**
   * Makes dead letters due now, as if they had just been added; gives the number of those that were there.
   *
   * @throws {ValidationError} if the ids are no list of texts.
   */
  async replay(ids: readonly string[]): Promise<number> {
    const replayed = await this.#options.queue.replay(checkIds(ids));
    this.#consumer.wake();
    return replayed;
  }

  /**
   * Drops dead letters for good; gives the number of those that were there.
   *
   * @throws {ValidationError} if the ids are no list of texts.
   */
  async discard(ids: readonly string[]): Promise<number> {
    return this.#options.queue.discard(checkIds(ids));
  }

  /**
   * Takes no more events, delivers no more, waits for what is out, hands back what is left after `timeoutMs` (30,000 by
   * default), and closes the queue and the spill store. What is stored stays stored. Calling it again gives the same report.
   */
  async close(options: CloseOptions = {}): Promise<OutboxCloseReport> {
    const { timeoutMs } = checkCloseOptions(options);
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** Closes it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<OutboxCloseReport> {
    const startedAt = performance.now();
    const { counts } = this.#deliveries;
    const { delivered, handedBack } = counts;
    // The sends end before the consumer's patience does, so that each tells what it knows of its event.
    const timer = Number.isFinite(timeoutMs) ? setTimeout(() => this.#deliveries.stop(), timeoutMs) : undefined;
    const patience = { timeoutMs, graceMs: GRACE_MS };
    const [report] = await Promise.all([this.#consumer.stop(patience), this.#spill?.stop(patience)]);
    clearTimeout(timer);
    await this.#options.queue.close();
    // Last, so that what the queue refuses in its closing can still be put aside.
    await this.#spill?.close();
    return {
      delivered: counts.delivered - delivered,
      handedBack: counts.handedBack - handedBack + report.handedBack,
      durationMs: Math.round(performance.now() - startedAt),
    };
  }

  #refuseIfClosed(): void {
    if (this.closed) throw new ClosedError('the outbox is closed and takes no more events');
  }

  /** Not in `add`, which would keep what is stored until it is on the disk. */
  #beginToStore(
    event: AttributionEvent<Policy>,
    options: AddOptions,
  ): { readonly id: string; readonly report: Promise<EnqueueReport> } {
    const checked = checkAdded(event, options, this.#intake);
    if (!('item' in checked)) throw checked.error;
    return { id: checked.item.id, report: this.#store.enqueue([checked.item]) };
  }

  get #intake(): Intake {
    const defaultProjectId = this.#options.client.defaultProject?.projectId;
    return { defaultProjectId, parse: (event, projectId) => this.#deliveries.parse(event, projectId) };
  }

  /** Where events go. */
  get #store(): Pick<Queue, 'enqueue'> {
    return this.#spill ?? this.#options.queue;
  }

  #count(report: EnqueueReport): EnqueueReport {
    this.#added += report.added.length;
    this.#duplicates += report.duplicates.length;
    return report;
  }

  #consume() {
    const { queue, concurrency, perProject, leaseMs } = this.#options;
    return queue.consume((delivery) => this.#deliveries.deliver(delivery), {
      concurrency,
      perPartition: perProject,
      leaseMs,
      limits: () => this.#deliveries.limits(),
      onTrouble: (error) => this.#troubles.note('deliver', error),
    });
  }

  async #releaseStored(projectId: string): Promise<number> {
    const released = await this.#options.queue.release(projectId);
    this.#consumer.wake();
    return released;
  }
}

/** How much longer than the sends a consumer waits, for the settlements that these bring. */
const GRACE_MS = 1_000;
