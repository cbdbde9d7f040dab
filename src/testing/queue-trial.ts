import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Consumer,
  ConsumeOptions,
  DeadLetter,
  DeliveryHandler,
  Outcome,
  Queue,
  QueueItem,
} from '../outbox/queue.js';
import type { QueueStore, QueueUnderTest } from './queue-under-test.js';

/** One check's use of an engine: opens queues and consumers, waits for what must come, and cleans up. */
export class QueueTrial {
  readonly store: QueueStore;
  readonly leaseMs: number;
  readonly #patienceMs: number;
  readonly #queues = new Set<Queue>();
  readonly #consumers = new Set<Consumer>();
  readonly #cleanups: (() => Promise<void>)[] = [];

  constructor(store: QueueStore, { shortestLeaseMs = 1_000, patienceMs = 15_000 }: QueueUnderTest) {
    this.store = store;
    this.leaseMs = shortestLeaseMs;
    this.#patienceMs = patienceMs;
  }

  /** Another worker on the store. */
  async open(): Promise<Queue> {
    const queue = await this.store.open();
    this.#queues.add(queue);
    return queue;
  }

  /** Consumes until the check is over. */
  async consume(queue: Queue, handler: DeliveryHandler, options: Partial<ConsumeOptions> = {}): Promise<Consumer> {
    const consumer = await queue.consume(handler, { concurrency: 4, leaseMs: 30_000, ...options });
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Consumes and settles all alike; gives the ids in the order in which they came. */
  async consumeAll(
    queue: Queue,
    outcome: (id: string) => Outcome,
    options?: Partial<ConsumeOptions>,
  ): Promise<string[]> {
    const ids: string[] = [];
    const handler: DeliveryHandler = ({ id }) => {
      ids.push(id);
      return Promise.resolve(outcome(id));
    };
    await this.consume(queue, handler, options);
    return ids;
  }

  /** Waits for what must come. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = Date.now() + this.#patienceMs;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited for ${this.#patienceMs} ms in vain until ${what}`);
      await sleep(5);
    }
  }

  /** Waits until nothing is stored but dead letters. */
  untilEmpty(queue: Queue): Promise<void> {
    return this.until('the queue is empty', async () => {
      const { ready, delayed, leased } = await queue.stats();
      return ready + delayed + leased === 0;
    });
  }

  /** Has something done when the check is over. */
  afterwards(cleanup: () => Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  /** Lets go of everything. */
  async end(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop({ timeoutMs: 0 })));
    await Promise.all([...this.#queues].map((queue) => queue.close()));
    await this.store.drop?.();
  }
}

/** Items to store. */
export function items(count: number, { partition = 'P', prefix = 'item' } = {}): QueueItem[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `${prefix}-${String(index).padStart(4, '0')}`;
    return { id, named: true, partition, payload: `payload of ${id}` };
  });
}

/** Their ids. */
export function idsOf(some: readonly { readonly id: string }[]): string[] {
  return some.map(({ id }) => id);
}

/** All dead letters. */
export async function deadOf(queue: Queue, options?: { limit?: number; after?: string }): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of queue.dead(options)) letters.push(letter);
  return letters;
}
