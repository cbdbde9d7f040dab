import { expect, it } from 'vitest';
import { failureOf } from '../../support/failure-of.js';
import { item, items, listed, noting, openQueue, SHORT_LEASE_MS } from './queue-under-test.js';
import { RedisServer } from './redis-server.js';

it('keeps all that was accepted through an outage of Redis, and its workers go on by themselves', async () => {
  await using server = await RedisServer.start();
  await using opened = openQueue(server);
  await using other = openQueue(server);
  const { queue } = opened;
  const { handler, ids } = noting();
  await queue.consume(handler, { concurrency: 5, leaseMs: SHORT_LEASE_MS });
  await other.queue.consume(handler, { concurrency: 5, leaseMs: SHORT_LEASE_MS });

  const accepted: string[] = [];
  let refused = 0;
  let producing = true;
  const producer = async (worker: number) => {
    for (let index = 0; producing; index += 1) {
      const id = `p${worker}-${index}`;
      try {
        await queue.enqueue([item(id)]);
        accepted.push(id);
      } catch (error) {
        expect(error).toMatchObject({ code: 'storage', retryable: true });
        refused += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const producers = [1, 2, 3].map(producer);
  for (let outages = 1; outages <= 2; outages += 1) {
    const before = accepted.length;
    await expect.poll(() => accepted.length).toBeGreaterThan(before + 50);
    await server.kill();
    const refusedBefore = refused;
    await expect.poll(() => refused).toBeGreaterThan(refusedBefore + 5);
    await server.start();
  }
  const atTheEnd = accepted.length;
  await expect.poll(() => accepted.length).toBeGreaterThan(atTheEnd + 50);
  producing = false;
  await Promise.all(producers);

  await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
  const delivered = new Set(ids());
  expect(accepted.filter((id) => !delivered.has(id))).toEqual([]);
});

it('wakes an idle worker after an outage', async () => {
  await using server = await RedisServer.start();
  await using opened = openQueue(server);
  const { queue } = opened;
  const { handler, ids } = noting();
  await queue.consume(handler, { concurrency: 5, leaseMs: SHORT_LEASE_MS });
  await queue.enqueue([item('before')]);
  await expect.poll(ids).toEqual(['before']);
  await server.kill();
  await expect.poll(async () => (await failureOf(queue.stats())).code).toBe('storage');
  await server.start();
  await expect.poll(() => queue.enqueue([item('after')]).catch(() => undefined)).toBeDefined();
  await expect.poll(ids).toEqual(['before', 'after']);
});

it('keeps waiting events, retry times and dead letters over a restart', async () => {
  await using server = await RedisServer.start();
  await using opened = openQueue(server);
  const { queue } = opened;
  await queue.enqueue(items(3));
  const { handler } = noting(({ id }) =>
    id === 'e-0' ? { kind: 'dead', reason: 'no' } : { kind: 'retry', at: Date.now() + 3_600_000, reason: 'away' },
  );
  const consumer = await queue.consume(handler, { concurrency: 1, leaseMs: 30_000 });
  await expect.poll(() => queue.stats()).toMatchObject({ dead: 1, delayed: 2 });
  await consumer.stop();
  await queue.enqueue([item('waiting')]);
  await server.kill();
  await server.start();
  await expect.poll(() => queue.stats().catch(() => undefined)).toMatchObject({ ready: 1, delayed: 2, dead: 1 });
  expect((await listed(queue.dead())).map(({ id }) => id)).toEqual(['e-0']);
});

it('stops at its deadline though Redis is away', async () => {
  await using server = await RedisServer.start();
  await using opened = openQueue(server);
  const { queue } = opened;
  await queue.enqueue([item('a')]);
  const { handler, deliveries } = noting(() => new Promise(() => undefined));
  const consumer = await queue.consume(handler, { concurrency: 2, leaseMs: 30_000 });
  await expect.poll(() => deliveries.length).toBe(1);
  await server.kill();
  expect(await consumer.stop({ timeoutMs: 100 })).toEqual({ settled: 0, handedBack: 1 });
});
