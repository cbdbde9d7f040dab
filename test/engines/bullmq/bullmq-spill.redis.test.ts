import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { Outbox, sqliteQueue, type OutboxNotice } from '../../../src/outbox/index.js';
import { connectedClient } from '../../support/connected-client.js';
import { customEvent } from '../../support/events.js';
import { workFolder } from '../../outbox/sqlite/work-folder.js';
import { SHORT_LEASE_MS } from './queue-under-test.js';
import { RedisServer } from './redis-server.js';

const folder = await workFolder();
let files = 0;

/** An outbox over Redis that spills to a file, delivering to an emulator. */
async function spillingOutbox(server: RedisServer, path = join(folder, `${(files += 1)}.db`)) {
  const { client, emulator } = await connectedClient();
  const notices: OutboxNotice[] = [];
  const outbox = new Outbox({
    client,
    queue: bullmqQueue({ connection: server.url, timeoutMs: 1_000 }),
    spill: sqliteQueue({ path }),
    leaseMs: SHORT_LEASE_MS,
    onNotice: (notice) => notices.push(notice),
  });
  const told = (type: OutboxNotice['type']) => notices.filter((notice) => notice.type === type);
  const received = () => emulator.received.map(({ eventType }) => eventType);
  return {
    outbox,
    path,
    told,
    received,
    [Symbol.asyncDispose]: () => outbox.close({ timeoutMs: 0 }).then(() => undefined),
  };
}

it('takes every event through outages of Redis, and delivers each: added is delivered, dead or stored', async () => {
  await using server = await RedisServer.start();
  await using opened = await spillingOutbox(server);
  const { outbox, received, told } = opened;
  await outbox.start();
  const accepted: string[] = [];
  let producing = true;
  const producer = async (worker: number) => {
    for (let index = 0; producing; index += 1) {
      const id = `p${worker}-${index}`;
      // Nothing is refused, whatever Redis does.
      await outbox.add(customEvent(id), { id });
      accepted.push(id);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const producers = Promise.all([1, 2, 3, 4].map(producer));
  for (let outages = 1; outages <= 2; outages += 1) {
    const delivered = outbox.counters().delivered;
    await expect.poll(() => outbox.counters().delivered).toBeGreaterThan(delivered + 50);
    await server.kill();
    const { spilled } = outbox.counters();
    await expect.poll(() => outbox.counters().spilled).toBeGreaterThan(spilled + 100);
    await server.start();
    await expect.poll(() => told('spill_drained').length).toBeGreaterThanOrEqual(outages);
  }
  producing = false;
  await producers;

  await expect
    .poll(() => outbox.stats().catch(() => undefined))
    .toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0, spilled: 0 });
  const sent = new Set(received());
  expect(accepted.filter((id) => !sent.has(id))).toEqual([]);
  const { added, delivered, dead, spilled, drained, spillDuplicates } = outbox.counters();
  expect(added).toBe(accepted.length);
  expect(dead).toBe(0);
  expect(drained).toBe(spilled);
  // More only of those whose settlement Redis lost or came too late for; fewer never.
  expect(delivered).toBeGreaterThanOrEqual(added);
  expect(spillDuplicates).toBeLessThanOrEqual(spilled);
});

it('spills within its time-out where Redis does not answer, and at once from then on', async () => {
  await using server = await RedisServer.start();
  await using opened = await spillingOutbox(server);
  const { outbox, received } = opened;
  await outbox.add(customEvent('before'), { id: 'before' });
  const thaw = server.freeze();
  try {
    const startedAt = performance.now();
    await outbox.add(customEvent('during'), { id: 'during' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(outbox.counters()).toMatchObject({ added: 2, spilled: 1, engineAway: true });
    const slow: number[] = [];
    for (let index = 0; index < 50; index += 1) {
      const addedAt = performance.now();
      await outbox.add(customEvent(`later-${index}`), { id: `later-${index}` });
      if (performance.now() - addedAt > 500) slow.push(index);
    }
    // One tries Redis now and then, the others do not wait for that.
    expect(slow.length).toBeLessThan(5);
  } finally {
    thaw();
  }
  await outbox.start();
  await expect.poll(() => new Set(received()).size).toBe(52);
  await expect.poll(() => outbox.stats().catch(() => undefined)).toMatchObject({ ready: 0, leased: 0, spilled: 0 });
});

it('starts while Redis is away, takes events meanwhile, and delivers them when it is there, in a later process too', async () => {
  await using server = await RedisServer.start();
  await server.kill();
  let path: string;
  {
    await using first = await spillingOutbox(server);
    path = first.path;
    await first.outbox.start();
    await first.outbox.add(customEvent('first'), { id: 'first' });
    expect(first.told('trouble')).toContainEqual(expect.objectContaining({ doing: 'start', code: 'storage' }));
    expect(first.told('spilled')).toHaveLength(1);
  }
  await using later = await spillingOutbox(server, path);
  const { outbox, received } = later;
  await outbox.start();
  await outbox.add(customEvent('second'), { id: 'second' });
  expect(received()).toEqual([]);
  await server.start();
  await expect.poll(() => received().sort()).toEqual(['first', 'second']);
  await expect
    .poll(() => outbox.stats().catch(() => undefined))
    .toMatchObject({ ready: 0, leased: 0, delayed: 0, spilled: 0 });
  expect(outbox.counters()).toMatchObject({ added: 1, delivered: 2, drained: 2, engineAway: false });
});
