import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClosedError, OverflowError, StorageError, ValidationError } from '../../src/errors.js';
import { Outbox, sqliteQueue, type OutboxNotice, type OutboxOptions, type Queue } from '../../src/outbox/index.js';
import { canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { connectedClient } from '../support/connected-client.js';
import { customEvent } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { MemoryQueue } from '../support/memory-queue.js';
import { bundleScript } from './sqlite/bundled-script.js';
import { Child } from './sqlite/child.js';
import { workFolder } from './sqlite/work-folder.js';

const folder = await workFolder();
const { projectId } = canaryCredentials();
const AWAY = new StorageError('could not store events in Redis at redis.test:6379: connection refused', {
  host: 'redis.test:6379',
});

/** With patience for an engine that is tried again at growing delays. */
function eventually(holds: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(holds, 10_000);
}

async function outboxWith<Spill extends Queue>(spill: Spill, options: Partial<OutboxOptions> = {}) {
  const { client, emulator } = await connectedClient({ retry: { maxAttempts: 1 } });
  const engine = new MemoryQueue();
  const notices: OutboxNotice[] = [];
  const outbox = new Outbox({ client, queue: engine, spill, onNotice: (notice) => notices.push(notice), ...options });
  onTestFinished(async () => {
    await outbox.close({ timeoutMs: 0 });
  });
  const told = (type: OutboxNotice['type']) => notices.filter((notice) => notice.type === type);
  return { outbox, emulator, engine, spill, notices, told };
}

/** How much is stored anywhere. */
async function storedIn(outbox: Outbox): Promise<number> {
  const { ready, delayed, leased, dead, spilled } = await outbox.stats();
  return ready + delayed + leased + dead + spilled;
}

describe('while the engine cannot be reached', () => {
  it('puts aside what is added, says so, and has the engine have it once that is back, under the same ids', async () => {
    const { outbox, engine, spill, told } = await outboxWith(new MemoryQueue());
    engine.refuse = AWAY;
    expect(await outbox.add(customEvent(), { id: 'a' })).toEqual({ id: 'a', duplicate: false });
    const { id } = await outbox.add(customEvent());
    expect(spill.stored.size).toBe(2);
    expect(told('spilled')).toEqual([
      { type: 'spilled', events: 1, reason: AWAY.message },
      { type: 'spilled', events: 1, reason: AWAY.message },
    ]);
    expect(outbox.counters()).toMatchObject({ added: 2, spilled: 2, drained: 0, engineAway: true });
    const addedAt = spill.stored.get('a')?.addedAt;

    engine.refuse = undefined;
    await eventually(() => expect(told('spill_drained')).toEqual([{ type: 'spill_drained', events: 2 }]));
    expect(spill.stored.size).toBe(0);
    expect([...engine.stored.values()]).toMatchObject([
      { id: 'a', named: true, partition: projectId, addedAt },
      { id, named: false, partition: projectId },
    ]);
    expect(outbox.counters()).toMatchObject({
      added: 2,
      spilled: 2,
      drained: 2,
      spillDuplicates: 0,
      engineAway: false,
    });
    expect(await storedIn(outbox)).toBe(2);
  });

  it('asks the engine now and then only, not for each event', async () => {
    const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
    const asked = vi.spyOn(engine, 'enqueue');
    engine.refuse = AWAY;
    await Promise.all(Array.from({ length: 50 }, () => outbox.add(customEvent())));
    const atFirst = asked.mock.calls.length;
    for (let added = 0; added < 200; added += 1) await outbox.add(customEvent());
    expect(asked.mock.calls.length - atFirst).toBeLessThan(20);
    expect(spill.stored.size).toBe(250);
    engine.refuse = undefined;
    await eventually(() => expect(engine.stored.size).toBe(250));
  });

  it('takes an id that was added before and during for one event', async () => {
    const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
    await outbox.add(customEvent(), { id: 'a' });
    engine.refuse = AWAY;
    await outbox.add(customEvent(), { id: 'a' });
    expect(await outbox.add(customEvent(), { id: 'a' })).toEqual({ id: 'a', duplicate: true });
    engine.refuse = undefined;
    await eventually(() => expect(spill.stored.size).toBe(0));
    expect(engine.stored.size).toBe(1);
    expect(outbox.counters()).toMatchObject({ added: 2, duplicates: 1, drained: 1, spillDuplicates: 1 });
  });

  it('delivers in the end: added is delivered, dead or stored', async () => {
    const { outbox, engine, emulator } = await outboxWith(new MemoryQueue(), {
      retry: { initialDelayMs: 1e9, maxDelayMs: 1e9 },
    });
    emulator.faults.add({ kind: 'status', status: 404, times: 1 });
    emulator.faults.add({ kind: 'status', status: 503, times: 2 });
    await outbox.start();
    engine.refuse = AWAY;
    for (let added = 0; added < 10; added += 1) await outbox.add(customEvent());
    expect(outbox.counters()).toMatchObject({ added: 10, spilled: 10, delivered: 0 });
    engine.refuse = undefined;
    await eventually(() => expect(outbox.counters()).toMatchObject({ delivered: 7, dead: 1, rescheduled: 2, out: 0 }));
    await eventually(async () => expect(await outbox.stats()).toMatchObject({ delayed: 2, dead: 1, spilled: 0 }));
    const { added, delivered } = outbox.counters();
    expect(delivered + (await storedIn(outbox))).toBe(added);
  });

  it('rejects with both reasons if the spill store fails too', async () => {
    const { outbox, engine, spill, notices } = await outboxWith(new MemoryQueue());
    engine.refuse = AWAY;
    spill.refuse = new OverflowError('the outbox file is full');
    const before = await failureOf(outbox.add(customEvent()));
    // The second time the engine is known to be away.
    const error = await failureOf(outbox.add(customEvent()));
    for (const each of [before, error]) {
      expect(each).toBeInstanceOf(StorageError);
      expect(each.host).toBe('redis.test:6379');
      expect(each.message).toContain('connection refused');
      expect(each.message).toContain('the outbox file is full');
      expect((each.cause as AggregateError).errors).toEqual([AWAY, spill.refuse]);
    }
    expect(outbox.counters()).toMatchObject({ added: 0, spilled: 0 });
    expect(canariesIn(everythingShownOf([error, notices]))).toEqual([]);
  });

  it('asks the engine once more rather than refuse an event that the spill store does not take', async () => {
    const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
    engine.refuse = AWAY;
    await outbox.add(customEvent());
    expect(outbox.counters().engineAway).toBe(true);
    [engine.refuse, spill.refuse] = [undefined, new StorageError('the disk is gone')];
    await outbox.add(customEvent(), { id: 'b' });
    expect(engine.stored.has('b')).toBe(true);
  });
});

it.each([
  ['is full', new OverflowError('Redis is full')],
  ['is closed', new ClosedError('the queue is closed')],
])('puts nothing aside where the engine %s', async (_, refusal) => {
  const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
  engine.refuse = refusal;
  expect(await failureOf(outbox.add(customEvent()))).toBe(refusal);
  expect(spill.stored.size).toBe(0);
});

it('keeps aside what the engine refuses to have moved to it, and tells of the trouble', async () => {
  const { outbox, engine, spill, told } = await outboxWith(new MemoryQueue());
  engine.refuse = AWAY;
  await outbox.add(customEvent(), { id: 'a' });
  engine.refuse = new OverflowError('Redis is full');
  await eventually(() => expect(spill.stored.get('a')?.reason).toBe('Redis is full'));
  expect(spill.stored.get('a')?.dueAt).toBeGreaterThan(Date.now());
  expect(told('trouble').length).toBeGreaterThan(0);
  expect(spill.letters.size).toBe(0);
});

it('says that the spill store is drained only when nothing is left in it', async () => {
  const { outbox, engine, spill, told } = await outboxWith(new MemoryQueue());
  engine.refuse = AWAY;
  for (const id of ['a', 'b']) await outbox.add(customEvent(), { id });
  const store = engine.enqueue.bind(engine);
  const refusing = vi
    .spyOn(engine, 'enqueue')
    .mockImplementation((items) =>
      items[0]?.id === 'a' ? Promise.reject(new OverflowError('the share of a project is full')) : store(items),
    );
  const looked = vi.spyOn(spill, 'stats');
  engine.refuse = undefined;
  await eventually(() => expect(looked).toHaveBeenCalled());
  expect(await outbox.stats()).toMatchObject({ ready: 1, spilled: 1 });
  expect(told('spill_drained')).toEqual([]);
  refusing.mockRestore();
  await spill.release(projectId);
  await eventually(() => expect(told('spill_drained')).toEqual([{ type: 'spill_drained', events: 2 }]));
});

describe('a later process with the same spill file', () => {
  async function spilledBefore(path: string) {
    const { outbox, engine } = await outboxWith(sqliteQueue({ path }));
    engine.refuse = AWAY;
    for (const id of ['a', 'b', 'c']) await outbox.add(customEvent(), { id });
    await outbox.close();
    return engine;
  }

  it.each([
    ['starts', (outbox: Outbox) => outbox.start()],
    ['adds an event', (outbox: Outbox) => outbox.add(customEvent(), { id: 'd' })],
  ])('brings to the engine what was put aside when it %s', async (what, act) => {
    const path = join(folder, `${what}.db`);
    expect((await spilledBefore(path)).stored.size).toBe(0);
    const { outbox, told, engine } = await outboxWith(sqliteQueue({ path }));
    const moved = vi.spyOn(engine, 'enqueue');
    await act(outbox);
    await eventually(() => expect(told('spill_drained')).toEqual([{ type: 'spill_drained', events: 3 }]));
    const ids = moved.mock.calls.flatMap(([items]) => items.map(({ id }) => id)).filter((id) => id !== 'd');
    expect(ids.sort()).toEqual(['a', 'b', 'c']);
    expect(await outbox.stats()).toMatchObject({ spilled: 0 });
  });
});

it('brings to the engine all that a killed process had put aside', { timeout: 60_000 }, async () => {
  const path = join(folder, 'killed.db');
  const killed = new Child(await bundleScript('spilling-process-main.ts', folder), [path]);
  onTestFinished(() => killed.kill());
  await eventually(() => expect(killed.lines.length).toBeGreaterThan(300));
  await killed.kill();
  const { outbox, engine } = await outboxWith(sqliteQueue({ path }), { leaseMs: 500 });
  const arrived = new Set<string>();
  const store = engine.enqueue.bind(engine);
  vi.spyOn(engine, 'enqueue').mockImplementation((items) => {
    for (const { id } of items) arrived.add(id);
    return store(items);
  });
  await outbox.start();
  await eventually(async () => expect(await outbox.stats()).toMatchObject({ spilled: 0 }));
  expect(killed.lines.filter((id) => !arrived.has(id))).toEqual([]);
});

it('says how old the oldest event is, wherever it is', async () => {
  const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
  engine.refuse = AWAY;
  await outbox.add(customEvent());
  const hourAgo = Date.now() - 3_600_000;
  engine.refuse = undefined;
  vi.spyOn(spill, 'stats').mockResolvedValue({ ready: 2, delayed: 1, leased: 1, dead: 0, oldestAgeMs: 3_600_000 });
  const { spilled, oldestAgeMs } = await outbox.stats();
  expect(spilled).toBe(4);
  expect(Date.now() - (oldestAgeMs ?? 0)).toBeGreaterThanOrEqual(hourAgo);
  expect(oldestAgeMs).toBeGreaterThanOrEqual(3_600_000);
});

it('closes both, and hands back what waits for the engine', async () => {
  const { outbox, engine, spill } = await outboxWith(new MemoryQueue());
  engine.refuse = AWAY;
  await outbox.add(customEvent(), { id: 'a' });
  await eventually(() => expect(spill.stored.get('a')?.out).toBe(true));
  await outbox.close();
  expect([engine.closed, spill.closed]).toEqual([true, true]);
  expect(spill.stored.get('a')).toMatchObject({ out: false });
  expect(spill.stored.get('a')?.dueAt).toBeLessThanOrEqual(Date.now());
});

it.each([
  [() => ({}), /spill: must be a Queue/],
  [(queue: Queue) => queue, /spill: must be another queue than `queue`/],
])('refuses a spill that is none', async (spillOf, message) => {
  const { client } = await connectedClient();
  const queue = new MemoryQueue();
  const make = () => new Outbox({ client, queue, spill: spillOf(queue) as Queue });
  expect(make).toThrow(ValidationError);
  expect(make).toThrow(message);
});
