import { bullmqQueue, type BullmqQueueOptions } from '../../../src/engines/bullmq/index.js';
import type { DeliveryHandler, Outcome, Queue, QueueDelivery, QueueItem } from '../../../src/outbox/queue.js';
import type { RedisServer } from './redis-server.js';

/** A lease that ends within a test's patience, and is renewed often enough on a busy machine. */
export const SHORT_LEASE_MS = 1_000;

/** A queue that closes itself at the end of a test. */
export function openQueue(
  server: RedisServer,
  options: Partial<BullmqQueueOptions> = {},
): { readonly queue: Queue } & AsyncDisposable {
  const queue = bullmqQueue({ connection: server.url, ...options });
  return { queue, [Symbol.asyncDispose]: () => queue.close() };
}

export function item(id: string, overrides: Partial<QueueItem> = {}): QueueItem {
  return { id, named: true, partition: 'P-1', payload: JSON.stringify({ event: id }), ...overrides };
}

export function items(count: number, overrides: Partial<QueueItem> = {}): QueueItem[] {
  return Array.from({ length: count }, (_, index) => item(`e-${index}`, overrides));
}

/** A handler that notes what it was handed, and answers as it is told. */
export function noting(
  answer: (delivery: QueueDelivery) => Outcome | Promise<Outcome> = () => ({ kind: 'delivered' }),
) {
  const deliveries: QueueDelivery[] = [];
  const handler: DeliveryHandler = async (delivery) => {
    deliveries.push(delivery);
    return answer(delivery);
  };
  return { deliveries, handler, ids: () => deliveries.map(({ id }) => id) };
}

export async function listed<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of source) found.push(each);
  return found;
}
