import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/outbox/queue.js';
import { failureOf } from '../../support/failure-of.js';
import { item, items, listed, noting, openQueue, SHORT_LEASE_MS } from './queue-under-test.js';
import { RedisServer } from './redis-server.js';

let server: RedisServer;
let count = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server[Symbol.asyncDispose]());

/** A queue under a name that no other test uses. */
function freshQueue(options: Parameters<typeof openQueue>[1] = {}) {
  return openQueue(server, { name: `test-${(count += 1)}`, ...options });
}

const ONE_BY_ONE = { concurrency: 1, leaseMs: 30_000 };

describe('storing', () => {
  it('hands out what was stored, as it was stored, and keeps nothing of it once it is delivered', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    const before = Date.now();
    expect(await queue.enqueue([item('a', { partition: 'P-7', payload: 'naïve "payload" 😀' })])).toEqual({
      added: ['a'],
      duplicates: [],
    });
    const { handler, deliveries } = noting();
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, oldestAgeMs: undefined });
    expect(deliveries).toEqual([
      {
        id: 'a',
        named: true,
        partition: 'P-7',
        payload: 'naïve "payload" 😀',
        deliveries: 0,
        addedAt: deliveries[0]?.addedAt,
        failingSince: undefined,
      },
    ]);
    expect(deliveries[0]?.addedAt).toBeGreaterThanOrEqual(before);
  });

  it('takes any id, also those that BullMQ would refuse or mistake for a key of its own', async () => {
    const ids = ['0', '17', '0:1', 'wait', 'meta', 'a:b', 'a%003ab', '%', 'ü', '\ud800', '\udfff', 'x'.repeat(500)];
    await using opened = freshQueue();
    const { queue } = opened;
    expect((await queue.enqueue(ids.map((id) => item(id)))).added).toEqual(ids);
    const { handler, ids: seen } = noting();
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => seen().length).toBe(ids.length);
    expect(new Set(seen())).toEqual(new Set(ids));
  });

  it('stores the same id once: within a call, while it waits, when it is dead, and after it was delivered', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    expect(await queue.enqueue([item('a'), item('b'), item('a', { payload: 'other' })])).toEqual({
      added: ['a', 'b'],
      duplicates: ['a'],
    });
    expect(await queue.enqueue([item('b')])).toEqual({ added: [], duplicates: ['b'] });
    const { handler, ids } = noting(({ id }) => (id === 'a' ? { kind: 'dead', reason: 'no' } : { kind: 'delivered' }));
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, dead: 1 });
    expect(await queue.enqueue([item('a'), item('b')])).toEqual({ added: [], duplicates: ['a', 'b'] });
    expect(ids().sort()).toEqual(['a', 'b']);
  });

  it('forgets an id that was made for its event alone as soon as it is delivered', async () => {
    await using opened = freshQueue({ name: 'forgetful' });
    const { queue } = opened;
    await queue.enqueue(items(20, { named: false }));
    const { handler } = noting();
    await queue.consume(handler, { concurrency: 5, leaseMs: 30_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, oldestAgeMs: undefined });
    expect(await server.command('KEYS', 'bull:forgetful:event-*')).toEqual([]);
  });

  it('stores none of a call that would go over the bound, and says how full it is', async () => {
    await using opened = freshQueue({ maxEvents: 10 });
    const { queue } = opened;
    await queue.enqueue(items(8));
    const failure = await failureOf(queue.enqueue([item('x'), item('y'), item('z')]));
    expect(failure).toMatchObject({ code: 'overflow', retryable: true });
    expect(failure.message).toMatch(/8 are stored .*of the 10/);
    expect(await queue.stats()).toMatchObject({ ready: 8 });
    expect((await queue.enqueue([item('x'), item('y')])).added).toEqual(['x', 'y']);
  });

  it('takes just as many as the bound allows from many callers at once', async () => {
    await using opened = freshQueue({ maxEvents: 10 });
    const { queue } = opened;
    const calls = await Promise.allSettled(items(50).map((each) => queue.enqueue([each])));
    expect(calls.filter(({ status }) => status === 'fulfilled').length).toBe(10);
    expect(await queue.stats()).toMatchObject({ ready: 10 });
  });

  it('tells each of many callers at once what became of its own events', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('known')]);
    const reports = await Promise.all([
      queue.enqueue([item('a')]),
      queue.enqueue([item('known'), item('b')]),
      queue.enqueue([item('a'), item('c')]),
    ]);
    expect(reports).toEqual([
      { added: ['a'], duplicates: [] },
      { added: ['b'], duplicates: ['known'] },
      { added: ['c'], duplicates: ['a'] },
    ]);
  });

  it('counts dead letters as stored', async () => {
    await using opened = freshQueue({ maxEvents: 1 });
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    await queue.consume(noting(() => ({ kind: 'dead', reason: 'no' })).handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ dead: 1 });
    expect(await failureOf(queue.enqueue([item('b')]))).toMatchObject({ code: 'overflow' });
    expect(await queue.discard(['a'])).toBe(1);
    expect((await queue.enqueue([item('b')])).added).toEqual(['b']);
  });
});

describe('a retry', () => {
  it('is handed out again at its time and not before, with since when it has failed', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const handedOut: number[] = [];
    let at = 0;
    const { handler, deliveries } = noting(() => {
      handedOut.push(Date.now());
      if (handedOut.length > 1) return { kind: 'delivered' };
      at = Date.now() + 400;
      return { kind: 'retry', at, reason: 'CleverTap was away', failingSince: 1_234 };
    });
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1, leased: 0, ready: 0 });
    await expect.poll(() => handedOut.length).toBe(2);
    expect(handedOut[1]).toBeGreaterThanOrEqual(at);
    expect(deliveries.map(({ deliveries, failingSince }) => [deliveries, failingSince])).toEqual([
      [0, undefined],
      [1, 1_234],
    ]);
    expect(deliveries[1]?.payload).toBe(deliveries[0]?.payload);
  });

  it('forgets since when it has failed where an outcome no longer says so', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const { handler, deliveries } = noting(({ deliveries }) =>
      deliveries === 2
        ? { kind: 'delivered' }
        : { kind: 'retry', at: 0, reason: 'again', ...(deliveries === 0 ? { failingSince: 5 } : {}) },
    );
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => deliveries.length).toBe(3);
    expect(deliveries.map(({ failingSince }) => failingSince)).toEqual([undefined, 5, undefined]);
  });

  it('has no limit of attempts', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const { handler, deliveries } = noting(({ deliveries }) =>
      deliveries < 60 ? { kind: 'retry', at: 0, reason: 'again' } : { kind: 'delivered' },
    );
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => deliveries.length).toBe(61);
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0 });
  });

  it('comes later, and is no dead letter, when a handler breaks its promise and rejects', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const { handler, deliveries } = noting(({ deliveries }) => {
      if (deliveries === 0) throw new Error('boom');
      return { kind: 'delivered' };
    });
    await queue.consume(handler, { concurrency: 1, leaseMs: SHORT_LEASE_MS });
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1, dead: 0 });
    await expect.poll(() => deliveries.length).toBe(2);
  });
});

describe('release', () => {
  it('makes what waits for later due now, in one partition only', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([...items(5, { partition: 'held' }), item('other', { partition: 'free' })]);
    const later: Outcome = { kind: 'retry', at: Date.now() + 3_600_000, reason: 'on hold' };
    const { handler, ids } = noting(({ deliveries }) => (deliveries === 0 ? later : { kind: 'delivered' }));
    await queue.consume(handler, { concurrency: 3, leaseMs: 30_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 6, ready: 0 });
    expect(await queue.release('held')).toBe(5);
    await expect.poll(() => ids().length).toBe(11);
    expect(ids().slice(6).sort()).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4']);
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1, ready: 0, leased: 0 });
    expect(await queue.release('unknown')).toBe(0);
  });

  it('finds them all among thousands of others', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    const mixed = Array.from({ length: 3_000 }, (_, index) =>
      item(`e-${index}`, { partition: index % 3 === 0 ? 'held' : `P-${index % 7}` }),
    );
    await queue.enqueue(mixed);
    const later: Outcome = { kind: 'retry', at: Date.now() + 3_600_000, reason: 'on hold' };
    const { handler, deliveries } = noting(({ deliveries }) => (deliveries === 0 ? later : { kind: 'delivered' }));
    const consumer = await queue.consume(handler, { concurrency: 200, leaseMs: 30_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 3_000 });
    await consumer.stop();
    expect(await queue.release('held')).toBe(1_000);
    expect(await queue.stats()).toMatchObject({ delayed: 2_000, ready: 1_000 });
    expect(deliveries.length).toBe(3_000);
  });
});

describe('dead letters', () => {
  async function withDead(queue: ReturnType<typeof openQueue>['queue'], ids: readonly string[]) {
    await queue.enqueue(ids.map((id) => item(id)));
    let dead = true;
    const { handler, deliveries } = noting(({ id }) =>
      dead ? { kind: 'dead', reason: `${id} is not valid` } : { kind: 'delivered' },
    );
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ dead: ids.length, ready: 0, leased: 0 });
    return { deliveries, mend: () => (dead = false) };
  }

  it('are listed oldest first with all that is known of them, and not handed out again', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    const before = Date.now();
    await withDead(queue, ['a', 'b', 'c']);
    const letters = await listed(queue.dead());
    expect(letters.map(({ id, reason, deliveries }) => [id, reason, deliveries])).toEqual([
      ['a', 'a is not valid', 1],
      ['b', 'b is not valid', 1],
      ['c', 'c is not valid', 1],
    ]);
    for (const { addedAt, diedAt, partition, payload, id } of letters) {
      expect(addedAt).toBeGreaterThanOrEqual(before);
      expect(diedAt).toBeGreaterThanOrEqual(addedAt);
      expect({ partition, payload }).toEqual({ partition: 'P-1', payload: item(id).payload });
    }
    expect((await queue.stats()).oldestAgeMs).toBeUndefined();
  });

  it('are paged, also where hundreds died in the same millisecond', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    const ids = Array.from({ length: 350 }, (_, index) => `e-${String(index).padStart(3, '0')}`);
    await queue.enqueue(ids.map((id) => item(id)));
    await queue.consume(noting(() => ({ kind: 'dead', reason: 'no' })).handler, { concurrency: 100, leaseMs: 30_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ dead: 350 });
    for (const id of ids) await server.command('ZADD', `bull:test-${count}:failed`, '1000', `event-${id}`);
    const pages: string[] = [];
    for (let after: string | undefined; ; after = pages.at(-1)) {
      const page = await listed(queue.dead({ limit: 120, ...(after === undefined ? {} : { after }) }));
      if (page.length === 0) break;
      pages.push(...page.map(({ id }) => id));
    }
    expect(pages).toEqual(ids);
  });

  it('goes on behind a letter that was discarded while the list was read', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await withDead(queue, ['a', 'b', 'c', 'd']);
    const seen: string[] = [];
    for await (const { id } of queue.dead()) {
      seen.push(id);
      await queue.discard([id]);
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(await listed(queue.dead())).toEqual([]);
  });

  it('are delivered when they are replayed; ids that are no dead letters are not counted', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    const { deliveries, mend } = await withDead(queue, ['a', 'b']);
    mend();
    expect(await queue.replay(['b', 'unknown', 'b'])).toBe(1);
    await expect.poll(() => deliveries.map(({ id }) => id)).toEqual(['a', 'b', 'b']);
    expect((await listed(queue.dead())).map(({ id }) => id)).toEqual(['a']);
    expect(deliveries[2]).toMatchObject({ deliveries: 1, payload: item('b').payload, failingSince: undefined });
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0, dead: 1 });
    expect(await queue.replay(['b'])).toBe(0);
  });

  it('starts anew when replayed: since when it had failed is forgotten', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const outcomes: Outcome[] = [
      { kind: 'retry', at: 0, reason: 'away', failingSince: 7 },
      { kind: 'dead', reason: 'too old' },
      { kind: 'delivered' },
    ];
    const { handler, deliveries } = noting(({ deliveries }) => outcomes[deliveries] ?? { kind: 'delivered' });
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ dead: 1 });
    await queue.replay(['a']);
    await expect.poll(() => deliveries.map(({ failingSince }) => failingSince)).toEqual([undefined, 7, undefined]);
  });

  it('are dropped when they are discarded; nothing else can be', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await withDead(queue, ['a', 'b']);
    expect(await queue.discard(['a', 'unknown'])).toBe(1);
    expect((await listed(queue.dead())).map(({ id }) => id)).toEqual(['b']);
    expect((await queue.enqueue([item('a')])).added).toEqual(['a']);
    await expect.poll(() => queue.stats()).toMatchObject({ dead: 2 });
    await queue.replay(['b']);
    expect(await queue.discard(['a', 'b'])).toBeGreaterThanOrEqual(1);
  });
});

describe('stats', () => {
  it('gives the age of the oldest event that waits, also behind others that are due before it', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('old')]);
    const { handler, deliveries } = noting(({ id }) =>
      id === 'old' ? { kind: 'retry', at: Date.now() + 3_600_000, reason: 'away' } : { kind: 'delivered' },
    );
    const consumer = await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1 });
    await consumer.stop();
    const addedAt = deliveries[0]?.addedAt ?? NaN;
    await expect.poll(() => Date.now() - addedAt).toBeGreaterThan(50);
    await queue.enqueue(items(3));
    const asked = Date.now();
    const { oldestAgeMs } = await queue.stats();
    expect(oldestAgeMs).toBeGreaterThanOrEqual(asked - addedAt);
    expect(await queue.stats()).toMatchObject({ ready: 3, delayed: 1, leased: 0 });
  });

  it('counts what has become due as ready, though nobody has fetched it yet', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('a')]);
    const at = Date.now() + 200;
    const { handler } = noting(() => ({ kind: 'retry', at, reason: 'away' }));
    const consumer = await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => queue.stats()).toMatchObject({ delayed: 1 });
    await consumer.stop();
    await expect.poll(() => queue.stats()).toMatchObject({ ready: 1, delayed: 0 });
  });
});

describe('leases', () => {
  it('does not heed an outcome that comes after its lease went to another', async () => {
    const errors: string[] = [];
    const name = `test-${(count += 1)}`;
    await using opened = openQueue(server, { name, onError: ({ message }) => errors.push(message) });
    const { queue } = opened;
    await queue.enqueue([item('gone'), item('retried'), item('dead')]);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { handler, deliveries } = noting(async ({ id }): Promise<Outcome> => {
      await answered;
      if (id === 'gone') return { kind: 'delivered' };
      return id === 'retried' ? { kind: 'retry', at: 0, reason: 'late' } : { kind: 'dead', reason: 'late' };
    });
    const consumer = await queue.consume(handler, { concurrency: 3, leaseMs: 30_000 });
    await expect.poll(() => deliveries.length).toBe(3);
    // As if the leases had ended and another worker held them now.
    for (const id of ['gone', 'retried', 'dead']) {
      await server.command('SET', `bull:${name}:event-${id}:lock`, 'another', 'PX', '60000');
    }
    answer();
    await expect.poll(() => errors.length).toBeGreaterThanOrEqual(3);
    expect(await queue.stats()).toMatchObject({ leased: 3, ready: 0, delayed: 0, dead: 0 });
    expect(errors.join()).toMatch(/[Ll]ock mismatch/);
    expect(await consumer.stop()).toEqual({ settled: 0, handedBack: 0 });
  });

  it('keeps a lease while its handler runs, however long', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue([item('slow')]);
    const leaseMs = SHORT_LEASE_MS;
    const begun = Date.now();
    const slow = noting(async () => {
      await expect.poll(() => Date.now() - begun).toBeGreaterThan(2.5 * leaseMs);
      return { kind: 'delivered' };
    });
    const other = noting();
    await queue.consume(slow.handler, { concurrency: 1, leaseMs });
    await expect.poll(() => slow.deliveries.length).toBe(1);
    await queue.consume(other.handler, { concurrency: 1, leaseMs });
    await expect.poll(() => queue.stats()).toMatchObject({ leased: 0, ready: 0 });
    expect([slow.deliveries.length, other.deliveries.length]).toEqual([1, 0]);
  });

  it('hands no event to two of several workers, and all that is stored to some', async () => {
    await using first = freshQueue();
    await using second = openQueue(server, { name: `test-${count}` });
    await first.queue.enqueue(items(2_000));
    const taken = noting();
    await first.queue.consume(taken.handler, { concurrency: 20, leaseMs: 30_000 });
    await second.queue.consume(taken.handler, { concurrency: 20, leaseMs: 30_000 });
    await first.queue.consume(taken.handler, { concurrency: 20, leaseMs: 30_000 });
    await second.queue.enqueue(items(3_000).slice(2_000));
    await expect.poll(() => first.queue.stats()).toMatchObject({ ready: 0, leased: 0, delayed: 0, dead: 0 });
    expect(taken.ids().length).toBe(3_000);
    expect(new Set(taken.ids()).size).toBe(3_000);
  });
});

describe('stopping', () => {
  it('waits for what is out, hands out nothing more, and says how much it settled', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue(items(10));
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { handler, deliveries } = noting(async () => {
      await answered;
      return { kind: 'delivered' };
    });
    const consumer = await queue.consume(handler, { concurrency: 4, leaseMs: 30_000 });
    await expect.poll(() => deliveries.length).toBe(4);
    const stopped = consumer.stop();
    answer();
    expect(await stopped).toEqual({ settled: 4, handedBack: 0 });
    expect(deliveries.length).toBe(4);
    expect(await queue.stats()).toMatchObject({ ready: 6, leased: 0 });
  });

  it('hands back what does not end in time: due at once, and a late answer counts for nothing', async () => {
    await using opened = freshQueue();
    const { queue } = opened;
    await queue.enqueue(items(3));
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { handler, deliveries } = noting(async ({ id }): Promise<Outcome> => {
      if (id !== 'e-0') await answered;
      return { kind: 'dead', reason: 'late' };
    });
    const consumer = await queue.consume(handler, { concurrency: 3, leaseMs: 30_000 });
    await expect.poll(() => queue.stats()).toMatchObject({ dead: 1, leased: 2 });
    expect(await consumer.stop({ timeoutMs: 50 })).toEqual({ settled: 0, handedBack: 2 });
    expect(await queue.stats()).toMatchObject({ ready: 2, leased: 0, dead: 1 });
    answer();
    const next = noting();
    await queue.consume(next.handler, ONE_BY_ONE);
    await expect.poll(() => next.ids().sort()).toEqual(['e-1', 'e-2']);
    expect(next.deliveries.map(({ deliveries }) => deliveries)).toEqual([1, 1]);
    expect(deliveries.length).toBe(3);
  });

  it('stops its consumers when it is closed, and refuses calls from then on', async () => {
    const { queue } = freshQueue();
    await queue.enqueue(items(5));
    const { handler, deliveries } = noting();
    await queue.consume(handler, ONE_BY_ONE);
    await expect.poll(() => deliveries.length).toBe(5);
    await queue.close();
    await queue.close();
    expect(await failureOf(queue.enqueue([item('x')]))).toMatchObject({ code: 'closed' });
    expect(await failureOf(queue.stats())).toMatchObject({ code: 'closed' });
    expect(await failureOf(queue.consume(handler, ONE_BY_ONE))).toMatchObject({ code: 'closed' });
  });
});
