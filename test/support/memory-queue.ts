import type {
  Consumer,
  ConsumeOptions,
  ConsumerReport,
  DeadLetter,
  DeliveryHandler,
  EnqueueReport,
  Queue,
  QueueDelivery,
  QueueItem,
  QueueStats,
} from '../../src/outbox/queue.js';

interface Stored extends QueueItem {
  readonly addedAt: number;
  dueAt: number;
  deliveries: number;
  failingSince: number | undefined;
  out: boolean;
  reason: string;
}

/** A queue that forgets everything with the process: for tests of what is built on queues, and of nothing else. */
export class MemoryQueue implements Queue {
  readonly stored = new Map<string, Stored>();
  readonly letters = new Map<string, DeadLetter>();
  /** Fails `enqueue`, `consume` and `stats` with this. */
  refuse: Error | undefined = undefined;
  closed = false;
  /** Tells the consumer of trouble. */
  trouble: ConsumeOptions['onTrouble'];
  readonly #loops = new Set<Loop>();

  enqueue(items: readonly QueueItem[]): Promise<EnqueueReport> {
    if (this.refuse !== undefined) return Promise.reject(this.refuse);
    const [added, duplicates]: [string[], string[]] = [[], []];
    for (const item of items) {
      if (this.stored.has(item.id)) duplicates.push(item.id);
      else {
        const now = Date.now();
        const fresh = {
          addedAt: item.addedAt ?? now,
          dueAt: now,
          deliveries: 0,
          failingSince: undefined,
          out: false,
          reason: '',
        };
        this.stored.set(item.id, { ...item, ...fresh });
        added.push(item.id);
      }
    }
    this.look();
    return Promise.resolve({ added, duplicates });
  }

  consume(handler: DeliveryHandler, options: ConsumeOptions): Promise<Consumer> {
    if (this.refuse !== undefined) return Promise.reject(this.refuse);
    this.trouble = options.onTrouble;
    const loop = new Loop(this, handler, options);
    this.#loops.add(loop);
    loop.wake();
    return Promise.resolve(loop);
  }

  stats(): Promise<QueueStats> {
    if (this.refuse !== undefined) return Promise.reject(this.refuse);
    const all = [...this.stored.values()];
    const leased = all.filter(({ out }) => out).length;
    const ready = all.filter(({ out, dueAt }) => !out && dueAt <= Date.now()).length;
    const oldestAgeMs = all[0] && Date.now() - all[0].addedAt;
    const delayed = all.length - leased - ready;
    return Promise.resolve({ ready, delayed, leased, dead: this.letters.size, oldestAgeMs });
  }

  async *dead(): AsyncIterable<DeadLetter> {
    yield* this.letters.values();
    await Promise.resolve();
  }

  replay(ids: readonly string[]): Promise<number> {
    const found = ids.flatMap((id) => this.letters.get(id) ?? []);
    for (const letter of found) {
      this.letters.delete(letter.id);
      this.stored.set(letter.id, {
        ...letter,
        named: false,
        dueAt: Date.now(),
        deliveries: 0,
        failingSince: undefined,
        out: false,
      });
    }
    this.look();
    return Promise.resolve(found.length);
  }

  release(partition: string): Promise<number> {
    const waiting = [...this.stored.values()].filter((item) => item.partition === partition && item.dueAt > Date.now());
    for (const item of waiting) item.dueAt = Date.now();
    this.look();
    return Promise.resolve(waiting.length);
  }

  discard(ids: readonly string[]): Promise<number> {
    return Promise.resolve(ids.filter((id) => this.letters.delete(id)).length);
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Hands out whatever is due now. */
  look(): void {
    for (const loop of this.#loops) loop.wake();
  }
}

class Loop implements Consumer {
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(
    private readonly queue: MemoryQueue,
    private readonly handler: DeliveryHandler,
    private readonly options: ConsumeOptions,
  ) {}

  wake(): void {
    if (this.#stopped) return;
    for (const item of this.queue.stored.values()) {
      if (this.#running.size >= this.options.concurrency) return;
      if (item.out || item.dueAt > Date.now()) continue;
      if (this.#out(item.partition) >= (this.options.limits?.().get(item.partition) ?? Number.POSITIVE_INFINITY))
        continue;
      item.out = true;
      const run: Promise<void> = this.#hand(item).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.add(run);
    }
  }

  async stop(): Promise<ConsumerReport> {
    this.#stopped = true;
    const settled = this.#running.size;
    await Promise.all(this.#running);
    return { settled, handedBack: 0 };
  }

  #out(partition: string): number {
    return [...this.queue.stored.values()].filter((item) => item.out && item.partition === partition).length;
  }

  async #hand(item: Stored): Promise<void> {
    const { id, named, partition, payload, addedAt, deliveries, failingSince } = item;
    const delivery: QueueDelivery = { id, named, partition, payload, addedAt, deliveries, failingSince };
    const outcome = await this.handler(delivery);
    item.out = false;
    item.deliveries += 1;
    if (outcome.kind === 'retry') {
      item.dueAt = outcome.at;
      item.reason = outcome.reason;
      item.failingSince = outcome.failingSince;
      return;
    }
    this.queue.stored.delete(id);
    if (outcome.kind === 'dead') {
      this.queue.letters.set(id, { ...delivery, reason: outcome.reason, diedAt: Date.now() });
    }
  }
}
