import { afterAll, beforeAll, expect, it } from 'vitest';
import { item, items, noting, openQueue, SHORT_LEASE_MS } from './queue-under-test.js';
import { RedisServer } from './redis-server.js';
import { startWorkerProcess } from './worker-process.js';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server[Symbol.asyncDispose]());

it('hands out again what a killed worker had, and makes no dead letter of it however often that happens', async () => {
  const name = 'killed-worker';
  await using opened = openQueue(server, { name });
  const { queue } = opened;
  await queue.enqueue(items(10));
  const lease = { concurrency: 4, leaseMs: SHORT_LEASE_MS };
  for (let kills = 0; kills < 3; kills += 1) {
    await using worker = startWorkerProcess({ url: server.url, name, ...lease });
    await expect.poll(() => worker.taken.length).toBeGreaterThanOrEqual(4);
    worker.signal('SIGKILL');
  }
  const { handler, ids } = noting();
  await queue.consume(handler, lease);
  await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
  // None twice: what the killed ones had was never answered.
  expect(ids().sort()).toEqual(items(10).map(({ id }) => id));
});

it('does not heed a worker that was frozen past its lease, after another had its event', async () => {
  const name = 'frozen-worker';
  await using opened = openQueue(server, { name });
  const { queue } = opened;
  await queue.enqueue([item('a')]);
  await using frozen = startWorkerProcess({ url: server.url, name, concurrency: 1, leaseMs: SHORT_LEASE_MS });
  await expect.poll(() => frozen.taken).toEqual(['a']);
  frozen.signal('SIGSTOP');
  const { handler, deliveries } = noting(() => ({ kind: 'retry', at: Date.now() + 3_600_000, reason: 'away' }));
  await queue.consume(handler, { concurrency: 1, leaseMs: SHORT_LEASE_MS });
  await expect.poll(() => deliveries.length).toBe(1);
  await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1, leased: 0 });
  frozen.answer();
  frozen.signal('SIGCONT');
  await expect.poll(() => frozen.errors.length).toBeGreaterThanOrEqual(1);
  expect(await queue.stats()).toMatchObject({ delayed: 1, leased: 0, ready: 0 });
});
