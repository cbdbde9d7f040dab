import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClosedError, OverflowError, StorageError, ValidationError } from '../../src/errors.js';
import type { LogEntry } from '../../src/observe/logger.js';
import {
  Outbox,
  type AddOptions,
  type DeadLetter,
  type OutboxNotice,
  type OutboxOptions,
} from '../../src/outbox/index.js';
import { canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { connectedClient, QUICK } from '../support/connected-client.js';
import { customEvent, organicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { MemoryQueue } from '../support/memory-queue.js';

const { projectId } = canaryCredentials();
/** Delays long enough that nothing comes due by itself while a test looks. */
const NEVER = { initialDelayMs: 1e9, maxDelayMs: 1e9 };
const AT_ONCE = { initialDelayMs: 1, maxDelayMs: 1 };

async function newOutbox(
  options: Partial<OutboxOptions> & { readonly connected?: Parameters<typeof connectedClient>[0] } = {},
) {
  const { connected, ...rest } = options;
  const { client, emulator } = await connectedClient({ retry: { maxAttempts: 1 }, ...connected });
  const queue = new MemoryQueue();
  const notices: OutboxNotice[] = [];
  const outbox = new Outbox({ client, queue, onNotice: (notice) => notices.push(notice), ...rest });
  onTestFinished(async () => {
    await outbox.close({ timeoutMs: 0 });
  });
  const told = (type: OutboxNotice['type']) => notices.filter((notice) => notice.type === type);
  const settled = () => vi.waitFor(() => expect(outbox.counters().out).toBe(0));
  return { outbox, client, emulator, queue, notices, told, settled };
}

describe('add()', () => {
  it('stores the event stamped, under a new id, with nothing secret', async () => {
    const { outbox, queue, emulator } = await newOutbox();
    const { id, duplicate } = await outbox.add(customEvent('Purchase', { timestamp: undefined }));
    expect(duplicate).toBe(false);
    const stored = queue.stored.get(id);
    expect(stored).toMatchObject({ partition: projectId, named: false });
    const { v, event } = JSON.parse(stored?.payload ?? '') as { v: number; event: Record<string, unknown> };
    expect(v).toBe(1);
    expect(event).toMatchObject({ type: 'custom', name: 'Purchase', timestamp: expect.any(Number) as unknown });
    expect(canariesIn(everythingShownOf(stored))).toEqual([]);
    expect(emulator.received).toEqual([]);
  });

  it('takes the same id twice for one event', async () => {
    const { outbox, queue } = await newOutbox();
    expect(await outbox.add(customEvent(), { id: 'order-1' })).toEqual({ id: 'order-1', duplicate: false });
    expect(await outbox.add(customEvent(), { id: 'order-1' })).toEqual({ id: 'order-1', duplicate: true });
    expect(queue.stored.get('order-1')?.named).toBe(true);
    expect(outbox.counters()).toMatchObject({ added: 1, duplicates: 1 });
  });

  it.each([
    ['an event that is not valid', { ...customEvent(), platform: '' }, {}, /platform: is empty/],
    ['an id that is empty', customEvent(), { id: '' }, /id: must be a text of 1 to 200/],
    ['an id with a line break', customEvent(), { id: 'a\nb' }, /id: must be a text/],
    ['an id that is too long', customEvent(), { id: 'x'.repeat(201) }, /id: must be a text/],
    ['an empty project id', customEvent(), { projectId: '' }, /projectId: must be a text/],
    ['a project id of null', customEvent(), { projectId: null as unknown as string }, /projectId: must be a text/],
    ['a mistyped key', customEvent(), { projectID: 'P-2' }, /projectID: is no key of .*; write "projectId"/],
    ['a key with a letter missing', customEvent(), { projetId: 'P-2' }, /projetId: .*; write "projectId"/],
    ['a text for options', customEvent(), 'P-2', /must be the options \{ projectId\?, id\? \}/],
  ])('refuses %s and stores nothing', async (_, event, options, message) => {
    const { outbox, queue } = await newOutbox();
    const error = await failureOf(outbox.add(event, options as AddOptions));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toMatch(message);
    expect(queue.stored.size).toBe(0);
  });

  it('refuses an event that is too long to be sent, in the words of send', async () => {
    const { outbox, client, queue } = await newOutbox();
    const event = customEvent('Long', { params: { note: 'x'.repeat(9_000) } });
    const error = await failureOf(outbox.add(event));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toBe((await failureOf(client.send(event))).message);
    const [result] = await outbox.addMany([{ event }]);
    expect(result?.error?.message).toBe(error.message);
    expect(queue.stored.size).toBe(0);
  });

  it('refuses of a project whose credentials it does not know what is too long with any', async () => {
    const credentials = vi.fn();
    const { outbox } = await newOutbox({ credentials });
    const add = (length: number) =>
      outbox.add(customEvent('Long', { params: { note: 'x'.repeat(length) } }), { projectId: 'P-2' });
    expect((await failureOf(add(8_000))).message).toMatch(/params.note: takes 8004 of at least \d+ bytes/);
    await expect(add(7_000)).resolves.toMatchObject({ duplicate: false });
    expect(credentials).not.toHaveBeenCalled();
  });

  it('goes by the credentials of a project that it has delivered to', async () => {
    const { outbox, told } = await newOutbox({
      connected: { credentials: undefined },
      credentials: () => canaryCredentials(),
    });
    const add = (length: number) =>
      outbox.add(customEvent('Long', { params: { note: 'x'.repeat(length) } }), { projectId });
    expect((await failureOf(add(9_000))).message).toMatch(/takes 9004 of at least/);
    await add(10);
    await outbox.start();
    await vi.waitFor(() => expect(told('delivered')).toHaveLength(1));
    expect((await failureOf(add(9_000))).message).toMatch(/takes 9004 of 9\d\d\d bytes/);
  });

  it('asks for a project where the client has no default', async () => {
    const { outbox } = await newOutbox({ connected: { credentials: undefined } });
    await expect(outbox.add(customEvent())).rejects.toThrow(/projectId: is required/);
  });

  it('passes on that the queue is full, or gone', async () => {
    const { outbox, queue } = await newOutbox();
    queue.refuse = new OverflowError('the queue is full');
    await expect(outbox.add(customEvent())).rejects.toBeInstanceOf(OverflowError);
    queue.refuse = new StorageError('the disk is gone');
    await expect(outbox.add(customEvent())).rejects.toBeInstanceOf(StorageError);
    expect(outbox.counters().added).toBe(0);
  });

  it('takes nothing more after close()', async () => {
    const { outbox, queue } = await newOutbox();
    await outbox.close();
    expect(queue.closed).toBe(true);
    await expect(outbox.add(customEvent())).rejects.toBeInstanceOf(ClosedError);
    await expect(outbox.start()).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('addMany()', () => {
  it('gives records with a mistyped key, and such as are none, an error of their own, and stores the others', async () => {
    const { outbox, queue } = await newOutbox();
    const throwing = Object.defineProperty({}, 'event', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    const records = [
      { event: customEvent(), projectID: 'P-2', id: 'a' },
      null,
      'text',
      throwing,
      { event: customEvent(), id: 'b' },
    ];
    const results = await outbox.addMany(records as never);
    expect(results.map(({ id, error }) => [id, error?.code])).toEqual([
      ['a', 'validation'],
      [undefined, 'validation'],
      [undefined, 'validation'],
      [undefined, 'validation'],
      ['b', undefined],
    ]);
    expect(results[0]?.error?.message).toContain(
      'projectID: is no key of a record { event, projectId?, id? }; write "projectId"',
    );
    expect([...queue.stored.keys()]).toEqual(['b']);
  });

  it.each([{}, 'abc', undefined, { event: customEvent() }])(
    'refuses what is no list of records: %j',
    async (records) => {
      const { outbox } = await newOutbox();
      expect(await failureOf(outbox.addMany(records as never))).toMatchObject({
        code: 'validation',
        message: expect.stringContaining('must be a list of records') as string,
      });
    },
  );

  it('gives a result for each in their order, and a wrong one costs no other', async () => {
    const { outbox, queue } = await newOutbox();
    const results = await outbox.addMany([
      { event: customEvent(), id: 'a' },
      { event: { ...customEvent(), deviceIdentifier: '' }, id: 'b' },
      { event: organicInstall(), id: 'c', projectId: 'TEST-other' },
      { event: customEvent(), id: 'a' },
    ]);
    expect(results).toMatchObject([
      { id: 'a', duplicate: false },
      { id: 'b', duplicate: false, error: { code: 'validation' } },
      { id: 'c', duplicate: false },
      { id: 'a', duplicate: true },
    ]);
    expect([...queue.stored.values()].map(({ id, partition }) => [id, partition])).toEqual([
      ['a', projectId],
      ['c', 'TEST-other'],
    ]);
  });
});

describe('the log', () => {
  it('tells what becomes of stored events, without a secret', async () => {
    const entries: LogEntry[] = [];
    const logger = (entry: LogEntry) => void entries.push(entry);
    const { outbox, emulator, queue, settled } = await newOutbox({ logger, logLevel: 'debug', retry: NEVER });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    emulator.faults.add({ kind: 'status', status: 400, body: '{"error":"utm\\r\\nsource is missing"}', times: 1 });
    await outbox.start();
    await outbox.add(customEvent(), { id: 'later' });
    await settled();
    await outbox.add(customEvent(), { id: 'never' });
    await settled();
    await outbox.add(customEvent(), { id: 'now' });
    await settled();
    expect(queue.stored.has('later')).toBe(true);
    expect(entries.map(({ level, fields: { type, id } }) => [level, type, id])).toEqual([
      ['info', 'rescheduled', 'later'],
      ['error', 'dead_letter', 'never'],
      ['debug', 'delivered', 'now'],
    ]);
    expect(entries[0]?.fields).toMatchObject({
      code: 'service_unavailable',
      projectId,
      at: expect.stringMatching(/Z$/) as unknown,
    });
    expect(entries[1]?.fields.reason).toMatch(/^[^\n\r]*source is missing/);
    expect(canariesIn(everythingShownOf(entries))).toEqual([]);
    expect(entries.filter(({ message }) => /[%\d]/.test(message))).toEqual([]);
  });
});

describe('a stored event', () => {
  it('is delivered and stored no more', async () => {
    const { outbox, queue, emulator, told } = await newOutbox();
    await outbox.add(customEvent('Early'), { id: 'early' });
    await outbox.start();
    await outbox.add(customEvent('Late'), { id: 'late' });
    await vi.waitFor(() => expect(outbox.counters()).toMatchObject({ delivered: 2, out: 0 }));
    expect(queue.stored.size).toBe(0);
    expect(emulator.received.map(({ eventType }) => eventType)).toEqual(['Early', 'Late']);
    expect(told('delivered')).toMatchObject([
      { id: 'early', projectId },
      { id: 'late', projectId },
    ]);
  });

  it('is delivered with the credentials of that moment, which are looked up by its project', async () => {
    const credentials = vi.fn(() => Promise.resolve(canaryCredentials()));
    const { outbox, emulator } = await newOutbox({ connected: { credentials: undefined }, credentials });
    await outbox.add(customEvent(), { projectId });
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters().delivered).toBe(1));
    expect(credentials).toHaveBeenCalledWith(projectId);
    expect(emulator.received[0]).toMatchObject({ accountId: projectId, credentials: 'valid' });
  });

  it('comes back later after trouble that passes, and knows since when it has been failing', async () => {
    const { outbox, queue, emulator, told, settled } = await newOutbox({ retry: NEVER });
    emulator.faults.add({ kind: 'status', status: 503 });
    await outbox.add(customEvent(), { id: 'x' });
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters().rescheduled).toBe(1));
    await settled();
    const stored = queue.stored.get('x');
    expect(stored).toMatchObject({ deliveries: 1, failingSince: expect.any(Number) as unknown });
    expect(stored?.dueAt).toBeGreaterThan(Date.now());
    expect(stored?.reason).toContain('503');
    expect(told('rescheduled')).toMatchObject([{ id: 'x', code: 'service_unavailable' }]);
  });

  it('is delivered in the end, however often it failed', async () => {
    const { outbox, queue, emulator } = await newOutbox({ retry: AT_ONCE });
    emulator.faults.add({ kind: 'status', status: 500, times: 7 });
    await outbox.add(customEvent());
    await outbox.start();
    await vi.waitFor(() => {
      queue.look();
      expect(outbox.counters()).toMatchObject({ delivered: 1, rescheduled: 7, dead: 0 });
    });
  });

  it('waits as long as Retry-After says', async () => {
    const { outbox, queue, emulator } = await newOutbox({ retry: AT_ONCE });
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: '3600' });
    await outbox.add(customEvent(), { id: 'x' });
    const before = Date.now();
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters().rescheduled).toBe(1));
    expect(queue.stored.get('x')?.dueAt).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  it('is a dead letter when it can never be accepted, and comes back when it is replayed', async () => {
    const { outbox, queue, emulator, told, settled } = await newOutbox();
    emulator.faults.add({ kind: 'status', status: 404, times: 1 });
    await outbox.add(customEvent(), { id: 'x' });
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters().dead).toBe(1));
    await settled();
    expect(queue.stored.size).toBe(0);
    expect(told('dead_letter')).toMatchObject([{ id: 'x', reason: expect.stringContaining('404') as unknown }]);
    const letters: DeadLetter[] = [];
    for await (const letter of outbox.dead()) letters.push(letter);
    expect(letters).toMatchObject([{ id: 'x', partition: projectId }]);
    expect(await outbox.replay(['x', 'y'])).toBe(1);
    await vi.waitFor(() => expect(outbox.counters().delivered).toBe(1));
  });

  it('is a dead letter when it has been failing for too long, and says since when', async () => {
    const { outbox, queue, emulator, told } = await newOutbox({ retry: AT_ONCE, maxFailingMs: 1 });
    emulator.faults.add({ kind: 'status', status: 503 });
    await outbox.add(customEvent(), { id: 'x' });
    await outbox.start();
    await vi.waitFor(() => {
      queue.look();
      expect(told('dead_letter')).toMatchObject([{ reason: expect.stringMatching(/failing since .*503/) as unknown }]);
    });
  });

  it('that is none is a dead letter', async () => {
    const { outbox, queue, told } = await newOutbox();
    await queue.enqueue([{ id: 'x', named: true, partition: projectId, payload: 'no JSON' }]);
    await outbox.start();
    await vi.waitFor(() =>
      expect(told('dead_letter')).toMatchObject([{ id: 'x', reason: 'what is stored is no event' }]),
    );
  });
});

describe('a project whose credentials are refused', () => {
  const wrong = { ...canaryCredentials(), projectPasscode: 'wrong-passcode' };

  it('is held: its other events stay where they are, and none gets old', async () => {
    const { outbox, queue, emulator, told, settled } = await newOutbox({
      connected: { credentials: undefined },
      credentials: () => wrong,
      probe: NEVER,
      concurrency: 1,
    });
    for (const id of ['a', 'b', 'c']) await outbox.add(customEvent(), { id, projectId });
    await outbox.start();
    await vi.waitFor(() => expect(told('hold')).toHaveLength(1));
    await settled();
    expect(emulator.counts.requests).toBe(1);
    expect([...queue.stored.values()].map(({ deliveries }) => deliveries)).toEqual([1, 0, 0]);
    expect(queue.stored.get('a')?.failingSince).toBeUndefined();
    expect(outbox.counters()).toMatchObject({ projectsOnHold: 1, dead: 0 });
    expect(await outbox.stats()).toMatchObject({ dead: 0, leased: 0 });
  });

  it('goes on at once when it is released with new credentials', async () => {
    let current = wrong;
    const { outbox, queue, told, settled } = await newOutbox({
      connected: { credentials: undefined },
      credentials: () => current,
      probe: NEVER,
    });
    for (const id of ['a', 'b', 'c']) await outbox.add(customEvent(), { id, projectId });
    await outbox.start();
    await vi.waitFor(() => expect(told('hold')).toHaveLength(1));
    await settled();
    current = canaryCredentials() as typeof wrong;
    expect(await outbox.release(projectId)).toBe(3);
    await vi.waitFor(() => expect(outbox.counters()).toMatchObject({ delivered: 3, projectsOnHold: 0 }));
    expect(queue.stored.size).toBe(0);
    expect(told('hold_ended')).toMatchObject([{ projectId }]);
  });

  it('is forgotten when all that was stored of it has been discarded for long', async () => {
    const { outbox, told, settled } = await newOutbox({
      connected: { credentials: undefined },
      credentials: () => wrong,
      probe: AT_ONCE,
    });
    await outbox.add(customEvent(), { id: 'a', projectId });
    await outbox.start();
    await vi.waitFor(() => expect(told('hold')).toHaveLength(1));
    await settled();
    await outbox.discard(['a']);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    await outbox.add(customEvent(), { projectId: 'TEST-other' });
    await vi.waitFor(() => expect(told('hold_ended')).toMatchObject([{ projectId }]));
  });

  it('goes on by itself when a probe gets through', async () => {
    const { outbox, queue, emulator } = await newOutbox({ probe: AT_ONCE });
    emulator.faults.add({ kind: 'status', status: 401, times: 2 });
    for (const id of ['a', 'b', 'c']) await outbox.add(customEvent(), { id });
    await outbox.start();
    await vi.waitFor(() => {
      queue.look();
      expect(outbox.counters()).toMatchObject({ delivered: 3, projectsOnHold: 0, dead: 0 });
    });
  });

  it('is held as well when its credentials are not to be had', async () => {
    const { outbox, queue, told } = await newOutbox({
      probe: NEVER,
      credentials: () => Promise.reject(new Error('no vault')),
    });
    await outbox.add(customEvent(), { id: 'x', projectId: 'TEST-other' });
    await outbox.start();
    await vi.waitFor(() => expect(told('hold')).toMatchObject([{ projectId: 'TEST-other' }]));
    expect(queue.stored.get('x')?.reason).toContain('no credentials for project TEST-other');
  });

  it('stops no other project', async () => {
    const { outbox, told } = await newOutbox({ probe: NEVER, credentials: () => undefined });
    await outbox.add(customEvent(), { projectId: 'TEST-other' });
    await outbox.add(customEvent());
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters()).toMatchObject({ delivered: 1, projectsOnHold: 1 }));
    expect(told('hold')).toHaveLength(1);
  });
});

describe('start()', () => {
  it('goes on in the background while the queue cannot be reached, tells of it, and delivers once it can', async () => {
    const { outbox, queue, told } = await newOutbox();
    await outbox.add(customEvent(), { id: 'x' });
    queue.refuse = new StorageError('Redis is away');
    await outbox.start();
    expect(told('trouble')).toEqual([
      { type: 'trouble', doing: 'start', code: 'storage', reason: 'Redis is away', troubles: 1 },
    ]);
    queue.refuse = undefined;
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters()).toMatchObject({ delivered: 1, troubles: 1 }), 5_000);
  });

  it('tells of what its consumer has trouble with, and goes on', async () => {
    const { outbox, queue, told } = await newOutbox();
    await outbox.start();
    for (let times = 0; times < 3; times += 1) queue.trouble?.(new StorageError('the disk is full'));
    expect(told('trouble')).toEqual([
      { type: 'trouble', doing: 'deliver', code: 'storage', reason: 'the disk is full', troubles: 1 },
    ]);
    expect(outbox.counters().troubles).toBe(3);
    await outbox.add(customEvent());
    await vi.waitFor(() => expect(outbox.counters().delivered).toBe(1));
  });
});

describe('close()', () => {
  it('waits for what is out', async () => {
    const { outbox, emulator, queue } = await newOutbox();
    emulator.faults.add({ kind: 'latency', ms: 100 });
    await outbox.add(customEvent());
    await outbox.start();
    await vi.waitFor(() => expect(outbox.counters().out).toBe(1));
    expect(await outbox.close()).toMatchObject({ delivered: 1, handedBack: 0 });
    expect(queue.stored.size).toBe(0);
  });

  it('hands back what does not end in time, due at once', async () => {
    const { outbox, emulator, queue } = await newOutbox();
    emulator.faults.add({ kind: 'hang' });
    await outbox.add(customEvent(), { id: 'x' });
    await outbox.start();
    await vi.waitFor(() => expect(emulator.counts.requests).toBe(1));
    expect(await outbox.close({ timeoutMs: 1 })).toMatchObject({ delivered: 0, handedBack: 1 });
    expect(queue.stored.get('x')?.dueAt).toBeLessThanOrEqual(Date.now());
    expect(await outbox.close()).toMatchObject({ handedBack: 1 });
  });

  it('comes with `await using`, and leaves the client open', async () => {
    const { client } = await connectedClient({ retry: QUICK });
    const queue = new MemoryQueue();
    {
      await using outbox = new Outbox({ client, queue });
      await outbox.add(customEvent());
    }
    expect(queue.closed).toBe(true);
    expect(client.closed).toBe(false);
  });
});

it('shows no secret in notices, counters, dead letters and what is stored', async () => {
  const { outbox, queue, emulator, notices, settled } = await newOutbox({ retry: NEVER });
  emulator.faults.add({ kind: 'status', status: 404, times: 1 });
  emulator.faults.add({ kind: 'status', status: 503, times: 1 });
  for (const id of ['a', 'b', 'c']) await outbox.add(customEvent(), { id });
  await outbox.start();
  await vi.waitFor(() => expect(outbox.counters()).toMatchObject({ delivered: 1, dead: 1, rescheduled: 1 }));
  await settled();
  const shown = everythingShownOf([notices, outbox.counters(), queue.letters, queue.stored, outbox]);
  expect(canariesIn(shown)).toEqual([]);
});

it.each([
  [{ client: {} }, /client: must be an AttributionClient/],
  [{ queue: {} }, /queue: must be a Queue/],
  [{ concurrency: 0 }, /concurrency: must be a whole number/],
  [{ maxFailingMs: 0 }, /maxFailingMs/],
  [{ retry: { initialDelayMs: -1 } }, /retry\.initialDelayMs/],
  [{ credential: () => undefined }, /credential/],
])('refuses the options %j', async (options, message) => {
  const { client } = await connectedClient();
  const make = () => new Outbox({ client, queue: new MemoryQueue(), ...(options as object) });
  expect(make).toThrow(ValidationError);
  expect(make).toThrow(message);
});

it.each(['x', undefined, [1], { 0: 'x' }])('replays and discards no ids that are no list of texts: %j', async (ids) => {
  const { outbox } = await newOutbox();
  for (const call of [outbox.replay(ids as never), outbox.discard(ids as never)]) {
    expect(await failureOf(call)).toMatchObject({
      code: 'validation',
      message: expect.stringContaining('must be a list of texts') as string,
    });
  }
});
