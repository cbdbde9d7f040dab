import { ClosedError, OverflowError } from '../../errors.js';
import type {
  Consumer,
  ConsumeOptions,
  DeadLetter,
  DeliveryHandler,
  EnqueueReport,
  Queue,
  QueueItem,
  QueueStats,
} from '../../outbox/queue.js';
import { AgeIndex } from './age-index.js';
import { startConsumer, type BullmqConsumer } from './bullmq-consumer.js';
import { resolveBullmqOptions, type BullmqQueueOptions, type ResolvedBullmqOptions } from './bullmq-options.js';
import { DeadLetters } from './dead-letters.js';
import { jobIdOf } from './job-id.js';
import { JointWrites, type WaitingCall } from './joint-writes.js';
import { MEMORY_SHARE_FOR_NEW, memoryUse } from './memory-use.js';
import { releasePartition } from './release.js';
import { answersOf } from './redis-commands.js';
import { RedisLink, type OpenedRedis } from './redis-link.js';
import { jobOptionsOf } from './stored-job.js';

/** Every state of a job but delivered. */
const STORED = ['wait', 'prioritized', 'delayed', 'active', 'failed'] as const;

// Redis does nothing else during a transaction.
const ITEMS_PER_WRITE = 1_000;

type Call = WaitingCall<QueueItem, EnqueueReport>;

/**
 * A queue in Redis, through BullMQ (`npm install bullmq ioredis`): for an outbox that several machines add to and deliver
 * from. Nothing is connected before the first call.
 *
 * Delivers at least once: after a crash, or an outage of Redis that outlasts a lease, what was out is handed out again.
 * `perPartition` and `limits` are not heeded, and no partition has a share of its own: BullMQ's free version has no groups,
 * so events are handed out in the order in which they are due, whichever project they belong to.
 *
 * @throws {ValidationError} if the options are wrong.
 */
export function bullmqQueue(options: BullmqQueueOptions): Queue {
  return new BullmqQueue(resolveBullmqOptions(options));
}

class BullmqQueue implements Queue {
  readonly #options: ResolvedBullmqOptions;
  readonly #link: RedisLink;
  readonly #deadLetters: DeadLetters;
  readonly #writes = new JointWrites<QueueItem, EnqueueReport>((calls) => this.#store(calls), ITEMS_PER_WRITE);
  readonly #consumers = new Set<BullmqConsumer>();
  readonly #end = new AbortController();
  #ages: AgeIndex | undefined;

  constructor(options: ResolvedBullmqOptions) {
    this.#options = options;
    this.#link = new RedisLink(options, this.#end.signal);
    this.#deadLetters = new DeadLetters(this.#link);
  }

  /**
   * Stores items in one transaction. One that times out may have been carried out all the same: storing it again under the
   * same ids is safe.
   */
  async enqueue(items: readonly QueueItem[]): Promise<EnqueueReport> {
    return items.length === 0 ? { added: [], duplicates: [] } : this.#writes.add(items);
  }

  async consume(handler: DeliveryHandler, options: ConsumeOptions): Promise<Consumer> {
    // Opened for its checks; the consumer has connections of its own.
    const { bullmq } = await this.#link.run('consume events', (redis) => Promise.resolve(redis));
    const { signal } = this.#end;
    const consumer = await startConsumer({ bullmq, handler, consume: options, queue: this.#options, end: signal });
    // Closed while it was starting: nobody else would stop it.
    if (signal.aborted) {
      await consumer.stop({ timeoutMs: 0 });
      throw new ClosedError('could not consume events: the queue is closed');
    }
    this.#consumers.add(consumer);
    return consumer;
  }

  async stats(): Promise<QueueStats> {
    return this.#link.run('count events', async (redis) => {
      const { backend, queue, commands } = redis;
      // BullMQ moves a delayed job on when a worker asks for the next one; its score holds the time and a number.
      const due = commands.call('ZCOUNT', backend.toKey('delayed'), '-inf', Date.now() * 0x1000 + 0xfff);
      const [counts, dueNow, oldest] = await Promise.all([
        queue.getJobCounts(...STORED),
        due.then(Number),
        this.#agesIn(redis).oldest(redis),
      ]);
      const delayed = Math.max(0, (counts['delayed'] ?? 0) - dueNow);
      return {
        ready: (counts['wait'] ?? 0) + (counts['prioritized'] ?? 0) + dueNow,
        delayed,
        leased: counts['active'] ?? 0,
        dead: counts['failed'] ?? 0,
        oldestAgeMs: oldest === undefined ? undefined : Math.max(0, Date.now() - oldest),
      };
    });
  }

  dead(options?: { readonly limit?: number; readonly after?: string }): AsyncIterable<DeadLetter> {
    return this.#deadLetters.list(options);
  }

  replay(ids: readonly string[]): Promise<number> {
    return this.#deadLetters.replay(ids, (redis) => this.#agesIn(redis));
  }

  release(partition: string): Promise<number> {
    return releasePartition(this.#link, partition);
  }

  discard(ids: readonly string[]): Promise<number> {
    return this.#deadLetters.discard(ids);
  }

  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await this.#link.close();
  }

  async #store(calls: readonly Call[]): Promise<void> {
    const admitted = await this.#admit(calls);
    const items = admitted.flatMap((call) => call.items);
    if (items.length === 0) return;
    const known = await this.#link.run('store events', (redis) => this.#insert(redis, items));
    let start = 0;
    for (const { items, resolve } of admitted) {
      const offset = start;
      resolve({
        added: items.filter((_, index) => !known[offset + index]).map(({ id }) => id),
        duplicates: items.filter((_, index) => known[offset + index]).map(({ id }) => id),
      });
      start += items.length;
    }
  }

  /** Refuses the calls that there is no room for; gives the others. */
  async #admit(calls: readonly Call[]): Promise<Call[]> {
    const { maxEvents } = this.#options;
    const [stored, memory] = await this.#link.run('store events', ({ queue, commands }) =>
      Promise.all([queue.getJobCountByTypes(...STORED), memoryUse(commands)]),
    );
    let room = memory > MEMORY_SHARE_FOR_NEW ? 0 : maxEvents - stored;
    const all = calls.flatMap(({ items }) => items);
    // What is there already needs no room; which that is, is only asked where it decides.
    const known = all.length <= room ? undefined : await this.#knownOf(all);
    return calls.filter(({ items, reject }) => {
      const coming = known === undefined ? items.length : countUnknown(items, known);
      const fits = coming <= room;
      if (fits) room -= coming;
      else reject(overflow(coming, { stored, maxEvents, memory }));
      return fits;
    });
  }

  async #knownOf(items: readonly QueueItem[]): Promise<Set<string>> {
    const answers = await this.#link.run('store events', ({ backend, commands }) => {
      const batch = commands.pipeline();
      for (const { id } of items) batch.exists(backend.toKey(jobIdOf(id)));
      return answersOf(batch);
    });
    return new Set(items.filter((_, index) => answers[index] === 1).map(({ id }) => id));
  }

  /** For each item, whether it had been stored before. */
  async #insert(redis: OpenedRedis, items: readonly QueueItem[]): Promise<boolean[]> {
    const { bullmq, backend, commands, queue } = redis;
    const batch = commands.multi();
    const ages = this.#agesIn(redis);
    for (const item of items) {
      const jobId = jobIdOf(item.id);
      const options = jobOptionsOf(item, this.#options.duplicateRetentionMs);
      const job = new bullmq.Job(queue, item.partition, { payload: item.payload }, options, jobId);
      batch.exists(backend.toKey(jobId));
      // It only puts the command into the batch; the answer comes with the others.
      void backend.addJobToTransaction(batch, job.asJSON(), jobId);
      ages.noteIn(batch, jobId, job.timestamp);
    }
    const answers = await answersOf(batch);
    return items.map((_, index) => answers[3 * index] === 1);
  }

  #agesIn({ backend }: OpenedRedis): AgeIndex {
    return (this.#ages ??= new AgeIndex(backend));
  }
}

function overflow(coming: number, use: { stored: number; maxEvents: number; memory: number }): OverflowError {
  const what = coming === 1 ? 'the event' : `${coming} events`;
  return use.memory > MEMORY_SHARE_FOR_NEW
    ? new OverflowError(
        `could not store ${what}: Redis uses ${Math.round(use.memory * 100)} % of its maxmemory, and delivering what is ` +
          'stored needs the rest. Deliver or discard some, or raise maxmemory',
      )
    : new OverflowError(
        `could not store ${what}: ${use.stored} are stored of the ${use.maxEvents} that maxEvents allows, dead letters ` +
          'included. Deliver or discard some, or raise maxEvents',
      );
}

function countUnknown(items: readonly QueueItem[], known: ReadonlySet<string>): number {
  return new Set(items.flatMap(({ id }) => (known.has(id) ? [] : [id]))).size;
}
