import { setTimeout as passing } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { Outbox } from '../../../src/outbox/index.js';
import { connectedClient } from '../../support/connected-client.js';
import { failureOf } from '../../support/failure-of.js';
import { startClosingProcess } from './closing-process.js';
import { noting } from './queue-under-test.js';
import { RedisServer } from './redis-server.js';

/** Well below what ioredis and BullMQ wait for by themselves (five seconds), and enough for a busy machine. */
const SOON_MS = 3_500;

it('lets its process end after close() while Redis is away, and prints nothing', async () => {
  await using server = await RedisServer.start();
  await using child = startClosingProcess(server.url);
  await child.ready;
  await server.kill();
  // In the middle of connecting again, when there is no socket to close.
  await passing(700);
  const { closedMs, lingeredMs } = await child.close(500);
  expect(closedMs).toBeLessThan(SOON_MS);
  expect(lingeredMs).toBeLessThan(SOON_MS);
  expect(child.errorOutput()).toBe('');
});

it('lets its process end after close() where Redis never was there', async () => {
  await using server = await RedisServer.start();
  await server.kill();
  await using child = startClosingProcess(server.url);
  await child.ready;
  const { closedMs, lingeredMs } = await child.close(500);
  expect(closedMs).toBeLessThan(SOON_MS);
  expect(lingeredMs).toBeLessThan(SOON_MS);
  expect(child.errorOutput()).toBe('');
});

it.each(['killed', 'frozen'] as const)('closes an idle outbox by its deadline while Redis is %s', async (fate) => {
  await using server = await RedisServer.start();
  const { client } = await connectedClient();
  const outbox = new Outbox({ client, queue: bullmqQueue({ connection: server.url }), onNotice: () => undefined });
  await outbox.start();
  await outbox.stats();
  if (fate === 'killed') await server.kill();
  else server.freeze();
  expect((await outbox.close({ timeoutMs: 500 })).durationMs).toBeLessThan(SOON_MS);
});

it('closes by its deadline though it is only being started, and Redis does not answer', async () => {
  await using server = await RedisServer.start();
  const { client } = await connectedClient();
  const outbox = new Outbox({ client, queue: bullmqQueue({ connection: server.url }), onNotice: () => undefined });
  server.freeze();
  void outbox.start();
  await passing(100);
  expect((await outbox.close({ timeoutMs: 200 })).durationMs).toBeLessThan(SOON_MS);
});

it('gives up what it is only connecting for once it is closed', async () => {
  await using server = await RedisServer.start();
  server.freeze();
  const queue = bullmqQueue({ connection: server.url, timeoutMs: 60_000 });
  const { handler } = noting();
  const consuming = failureOf(queue.consume(handler, { concurrency: 1, leaseMs: 1_000 }));
  await passing(100);
  await queue.close();
  expect(await consuming).toMatchObject({ code: 'closed' });
});
