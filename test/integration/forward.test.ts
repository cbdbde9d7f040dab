import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { AuthenticationError, type ErrorCode } from '../../src/errors.js';
import type { ForwardItem, ForwardResult } from '../../src/forward/forward-result.js';
import type { ForwardSource } from '../../src/forward/forward-run.js';
import type { ForwardOptions } from '../../src/call-options.js';
import type { FaultBehaviour } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient, QUICK, timeoutFor, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';

function records(count: number): ForwardItem[] {
  return Array.from({ length: count }, (_, index) => ({ event: customEvent(`event-${index}`), id: `id-${index}` }));
}

/** Records one by one from an async source, with a look at how far it was read and whether it was let go of. */
function watchedSource(count = Infinity) {
  const seen = { read: 0, returned: 0 };
  async function* source(): AsyncGenerator<ForwardItem, void> {
    try {
      while (seen.read < count) {
        await nextTurn();
        seen.read += 1;
        yield { event: inorganicInstall(), id: String(seen.read) };
      }
    } finally {
      seen.returned += 1;
    }
  }
  return { seen, source: source() };
}

const sortedIds = (results: readonly { readonly id: string | undefined }[]) => results.map(({ id }) => id).sort();

describe('forward() reads', () => {
  const source = records(30);

  it.each<[string, () => ForwardSource]>([
    ['an array', () => source],
    ['a set', () => new Set(source)],
    [
      'a generator',
      function* () {
        yield* source;
      },
    ],
    [
      'an async generator',
      async function* () {
        for (const record of source) {
          await nextTurn();
          yield record;
        }
      },
    ],
    ['a Node stream', () => Readable.from(source)],
    ['a web stream', () => ReadableStream.from(source) as AsyncIterable<ForwardItem>],
  ])('%s, and gives one result for each record', async (_, makeSource) => {
    const { client, emulator } = await connectedClient();
    const { items, error } = await collect(client.forward(makeSource()));
    expect(error).toBeUndefined();
    expect(sortedIds(items)).toEqual(sortedIds(source as { id: string }[]));
    for (const { index, event, status, delivery, projectId } of items) {
      expect(event).toBe(source[index]?.event);
      expect([status, delivery?.confirmed, projectId]).toEqual(['delivered', true, 'TEST-111-222Z']);
    }
    expect(emulator.counts).toMatchObject({ requests: 30, recorded: 30 });
  });

  it('nothing of a source that is empty', async () => {
    const { client } = await connectedClient();
    expect(await collect(client.forward([]))).toEqual({ items: [], error: undefined });
  });

  it('nothing before somebody asks for a result', async () => {
    const { client } = await connectedClient();
    const { seen, source: unread } = watchedSource();
    client.forward(unread);
    await nextTurn();
    await nextTurn();
    expect(seen.read).toBe(0);
  });

  it.each([undefined, null, 5, {}, { next: () => ({ done: true }) }])('no %o', async (notIterable) => {
    const { client } = await connectedClient();
    const error = await failureOf(() => client.forward(notIterable as never));
    expect(error).toMatchObject({ code: 'validation', issues: [{ path: ['source'] }] });
  });

  it('inside of a pipeline', async () => {
    const { client, emulator } = await connectedClient();
    const ids: unknown[] = [];
    await pipeline(
      Readable.from(source),
      (stream: AsyncIterable<ForwardItem>) => client.forward(stream),
      async (results: AsyncIterable<ForwardResult>) => {
        for await (const { id, status } of results) ids.push(`${id} ${status}`);
      },
    );
    expect(ids.sort()).toEqual(source.map(({ id }) => `${id} delivered`).sort());
    expect(emulator.counts.recorded).toBe(30);
  });

  it('into a stream that is slow', async () => {
    const { client } = await connectedClient();
    const { seen, source: slowly } = watchedSource(40);
    let written = 0;
    const sink = new Writable({
      objectMode: true,
      highWaterMark: 1,
      write(_result, _encoding, done) {
        written += 1;
        // What the stream itself holds comes on top: 16 objects is its default.
        expect(seen.read - written).toBeLessThanOrEqual(5 + 17);
        setImmediate(done);
      },
    });
    await pipeline(Readable.from(client.forward(slowly, { lookAhead: 5 })), sink);
    expect([written, seen.returned]).toEqual([40, 1]);
  });

  it('in a pipeline that fails, no further than it got', async () => {
    const { client } = await connectedClient();
    const { seen, source: endless } = watchedSource();
    const broken = new Error('the sink broke');
    const run = pipeline(
      endless,
      (stream: AsyncIterable<ForwardItem>) => client.forward(stream),
      async (results: AsyncIterable<ForwardResult>) => {
        for await (const { index } of results) if (index >= 10) throw broken;
      },
    );
    await expect(run).rejects.toBe(broken);
    expect(seen.returned).toBe(1);
    await expect.poll(() => client.counters().pending).toBe(0);
  });
});

describe('back-pressure', () => {
  it('reads no more than lookAhead beyond the results that were taken', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource(60);
    let taken = 0;
    for await (const { status } of client.forward(source, { lookAhead: 7 })) {
      taken += 1;
      expect(status).toBe('delivered');
      expect(seen.read).toBeLessThanOrEqual(taken + 7);
      await nextTurn();
    }
    expect(taken).toBe(60);
  });

  it('stops reading for a consumer who takes nothing, and goes on with the next', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource();
    const results = client.forward(source, { lookAhead: 7 });
    for (let taken = 1; taken <= 3; taken += 1) {
      await results.next();
      await expect.poll(() => client.counters().delivered).toBe(taken + 7);
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      expect(seen.read).toBe(taken + 7);
    }
    await results.return();
  });

  it('holds for records that never get as far as a request', async () => {
    const { client } = await connectedClient();
    let read = 0;
    function* source(): Generator<ForwardItem, void> {
      for (; read < 100; read += 1) yield { event: {} as never };
    }
    let taken = 0;
    for await (const { status } of client.forward(source(), { lookAhead: 4 })) {
      taken += 1;
      expect(status).toBe('rejected');
      expect(read).toBeLessThanOrEqual(taken + 4);
    }
    expect(taken).toBe(100);
  });

  it('is 1024 records where nothing is said', async () => {
    const { client } = await connectedClient();
    let read = 0;
    function* source(): Generator<ForwardItem, void> {
      for (;;) {
        read += 1;
        yield { event: inorganicInstall() };
      }
    }
    const results = client.forward(source());
    await results.next();
    await expect.poll(() => client.counters()).toMatchObject({ pending: 0 });
    expect(read).toBe(1025);
    await results.return();
  });
});

describe('the reading of a source', () => {
  const CREDENTIALS = ['PAUSED', 'BUSY-1', 'BUSY-2', 'HEALTHY'].map((projectId) => canaryCredentials({ projectId }));
  const credentials = (projectId: string) => CREDENTIALS.find((account) => account.projectId === projectId);

  function recordsFor(projectId: string, count: number): ForwardItem[] {
    return Array.from({ length: count }, () => ({ event: inorganicInstall(), projectId }));
  }

  it('goes no further than a reserve of twice the total while as many are in flight as may be', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 3, total: 3 } });
    const hanging = emulator.faults.add({ kind: 'hang' });
    const { seen, source } = watchedSource();
    const results = client.forward(source, { timeoutMs: 500 });
    const first = results.next();
    await expect.poll(() => seen.read).toBe(6);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect([seen.read, emulator.counts.requests]).toEqual([6, 3]);
    // Once there is room again, it goes on.
    hanging.remove();
    await first;
    await expect.poll(() => seen.read).toBeGreaterThan(20);
    await results.return();
  });

  it('goes on as soon as others leave room, although nothing of its own has ended', async () => {
    const { client, emulator } = await connectedClient({
      emulator: { accounts: CREDENTIALS },
      concurrency: { perProject: 1, total: 2 },
    });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, projectId: 'PAUSED' });
    for (const projectId of ['BUSY-1', 'BUSY-2']) emulator.faults.add({ kind: 'hang', projectId });
    const [paused, ...busy] = CREDENTIALS.slice(0, 3).map((account) => client.project(account));
    await failureOf(async () => paused?.send(inorganicInstall()));
    const others = new AbortController();
    const stuck = busy.map((project) => project.send(inorganicInstall(), { signal: others.signal }));
    const ends = Promise.allSettled(stuck);
    await expect.poll(() => client.counters().inFlight).toBe(2);

    const source = [...recordsFor('PAUSED', 10), ...recordsFor('HEALTHY', 5)];
    let read = 0;
    function* watched() {
      for (const record of source) {
        read += 1;
        yield record;
      }
    }
    const results = client.forward(watched(), { credentials });
    const first = results.next();
    await expect.poll(() => read).toBe(4);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(read).toBe(4);
    others.abort();
    expect((await first).value).toMatchObject({ projectId: 'HEALTHY', status: 'delivered' });
    await ends;
    for (let count = 2; count <= 5; count += 1) await results.next();
    expect(emulator.counts.byProject['HEALTHY']).toBe(5);
    await client.close({ timeoutMs: 0 });
  });

  it('goes past records that can only wait, as far as lookAhead and no further', async () => {
    const { client, emulator } = await connectedClient({
      emulator: { accounts: CREDENTIALS },
      concurrency: { perProject: 1, total: 2 },
    });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, projectId: 'PAUSED' });
    await failureOf(client.project(canaryCredentials({ projectId: 'PAUSED' })).send(inorganicInstall()));
    let read = 0;
    function* source() {
      for (const record of [...recordsFor('PAUSED', 29), ...recordsFor('HEALTHY', 1), ...recordsFor('PAUSED', 50)]) {
        read += 1;
        yield record;
      }
    }
    const results = client.forward(source(), { credentials, lookAhead: 30 });
    expect((await results.next()).value).toMatchObject({ projectId: 'HEALTHY', status: 'delivered' });
    const next = results.next();
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    // One for the result that was taken.
    expect(read).toBe(31);
    await client.close({ timeoutMs: 0 });
    expect((await next).value).toMatchObject({ status: 'failed', error: { code: 'closed' } });
  });
});

describe('maxPendingPerProject', () => {
  const ACCOUNTS = ['STUCK', 'A', 'B'].map((projectId) => canaryCredentials({ projectId }));
  const credentials = (projectId: string) => ACCOUNTS.find((account) => account.projectId === projectId);

  function mixedRecords(count: number): ForwardItem[] {
    return Array.from({ length: count }, (_, index) => ({
      event: inorganicInstall(),
      projectId: ['STUCK', 'A', 'STUCK', 'B'][index % 4],
      id: String(index),
    }));
  }

  async function withStuckProject() {
    const set = await connectedClient({ emulator: { accounts: ACCOUNTS }, concurrency: { perProject: 2 } });
    const hanging = set.emulator.faults.add({ kind: 'hang', projectId: 'STUCK' });
    return { ...set, hanging };
  }

  it('turns away what a project has beyond it, so that the others go on past any number of its records', async () => {
    const { client, emulator } = await withStuckProject();
    // The others come no faster than they are delivered.
    async function* source() {
      for (const [index, record] of mixedRecords(200).entries()) {
        while (client.counters().delivered < Math.floor(index / 4) * 2) await nextTurn();
        yield record;
      }
    }
    const results = client.forward(source(), { credentials, maxPendingPerProject: 5, lookAhead: 20 });
    const taken: ForwardResult[] = [];
    // All but five, although nothing of what is stuck ends and it has five times the look-ahead.
    while (taken.length < 195) {
      const step = await results.next();
      if (step.done === true) break;
      taken.push(step.value);
    }
    const ofOthers = taken.filter(({ projectId }) => projectId !== 'STUCK');
    const turnedAway = taken.filter(({ projectId }) => projectId === 'STUCK');
    expect(ofOthers.map(({ status }) => status)).toEqual(Array(100).fill('delivered'));
    expect(turnedAway).toHaveLength(95);
    for (const { status, error } of turnedAway) {
      expect([status, error?.code, error?.attempts, error?.retryable]).toEqual(['failed', 'overflow', 0, true]);
      expect(error?.message).toContain('maxPendingPerProject');
    }
    expect(emulator.counts.byProject).toEqual({ STUCK: 2, A: 50, B: 50 });
    expect(client.counters()).toMatchObject({ accepted: 105, refused: 95, pending: 5 });
    await client.close({ timeoutMs: 0 });
    expect(sortedIds((await collect(results)).items)).toEqual(['0', '2', '4', '6', '8'].sort());
  });

  it('has room again for each record that ended', async () => {
    const { client, emulator, hanging } = await withStuckProject();
    const stuck = mixedRecords(40).filter(({ projectId }) => projectId === 'STUCK');
    async function* source() {
      yield* stuck;
      await expect.poll(() => emulator.counts.requests).toBe(2);
      hanging.remove();
      await expect.poll(() => client.counters().pending).toBe(0);
      yield* stuck;
    }
    const options = { credentials, maxPendingPerProject: 5, timeoutMs: 300 };
    const { items } = await collect(client.forward(source(), options));
    for (const [from, to] of [
      [0, 20],
      [20, 40],
    ] as const) {
      const statuses = items.filter(({ index }) => index >= from && index < to).map(({ status }) => status);
      expect(statuses.sort()).toEqual([...Array<string>(5).fill('delivered'), ...Array<string>(15).fill('failed')]);
    }
  });

  it('counts each run by itself, and is none for send()', async () => {
    const { client } = await withStuckProject();
    const stuck = mixedRecords(2).slice(0, 1);
    const runs = [1, 2, 3].map(() => client.forward(stuck, { credentials, maxPendingPerProject: 1 }));
    const firsts = runs.map((run) => run.next());
    const project = client.project(canaryCredentials({ projectId: 'STUCK' }));
    const sends = Promise.allSettled([project.send(inorganicInstall()), project.send(inorganicInstall())]);
    await expect.poll(() => client.counters().pending).toBe(5);
    await client.close({ timeoutMs: 0 });
    for (const first of firsts) expect((await first).value).toMatchObject({ error: { code: 'closed' } });
    await sends;
  });

  it('counts also those whose credentials are still being looked up', async () => {
    const { client } = await withStuckProject();
    let answer: () => void = () => undefined;
    const lookedUp = new Promise<void>((resolve) => (answer = resolve));
    const slowly = async (projectId: string) => {
      await lookedUp;
      return credentials(projectId);
    };
    const records = Array.from({ length: 6 }, () => ({ event: inorganicInstall(), projectId: 'A' }));
    const results = client.forward(records, { credentials: slowly, maxPendingPerProject: 2 });
    for (let count = 0; count < 4; count += 1) {
      expect((await results.next()).value).toMatchObject({ error: { code: 'overflow' } });
    }
    answer();
    const { items } = await collect(results);
    expect(items.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  it('is none where nothing is said: the records wait', async () => {
    const { client, hanging } = await withStuckProject();
    const run = collect(client.forward(mixedRecords(400), { credentials, timeoutMs: 300, deadlineMs: Infinity }));
    await expect.poll(() => client.counters()).toMatchObject({ delivered: 200, pending: 200 });
    hanging.remove();
    const { items } = await run;
    expect(items.map(({ status }) => status)).toEqual(Array(400).fill('delivered'));
  });

  it.each([0, -1, 1.5, '5', null])('takes no %o', async (maxPendingPerProject) => {
    const { client } = await withStuckProject();
    const error = await failureOf(() => client.forward([], { maxPendingPerProject } as never));
    expect(error).toMatchObject({ code: 'validation', issues: [{ path: ['maxPendingPerProject'] }] });
  });
});

describe('a consumer who breaks off', () => {
  it('has the source let go of, and what was read is sent to its end', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 2 } });
    const { seen, source } = watchedSource();
    for await (const { index } of client.forward(source, { lookAhead: 10 })) if (index >= 20) break;
    expect(seen.returned).toBe(1);
    const { accepted, delivered, pending, inFlight } = client.counters();
    expect([delivered, pending, inFlight, emulator.counts.recorded]).toEqual([accepted, 0, 0, accepted]);
    const { read } = seen;
    // The one that the source was about to give when nobody wanted it any more is not taken on.
    expect(read - accepted).toBeLessThanOrEqual(1);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(seen.read).toBe(read);
  });

  it('gets nothing more from the same run', async () => {
    const { client } = await connectedClient();
    const results = client.forward(records(20));
    await results.next();
    expect(await results.return()).toEqual({ done: true, value: undefined });
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(await results.return()).toEqual({ done: true, value: undefined });
    expect(await collect(results)).toEqual({ items: [], error: undefined });
  });

  it('before the first result has nothing read', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource();
    const results = client.forward(source);
    await results.return();
    expect(await results.next()).toEqual({ done: true, value: undefined });
    expect(seen.read).toBe(0);
  });

  it('may do so with await using', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource();
    {
      await using results = client.forward(source, { lookAhead: 3 });
      await results.next();
    }
    expect(seen.returned).toBe(1);
    expect(client.counters().pending).toBe(0);
  });

  it('may do so twice at once', async () => {
    const { client } = await connectedClient();
    const { source } = watchedSource();
    const results = client.forward(source, { lookAhead: 3 });
    await results.next();
    const ends = await Promise.all([results.return(), results.return()]);
    expect(ends.map(({ done }) => done)).toEqual([true, true]);
    expect(client.counters().pending).toBe(0);
  });

  it('with an error gets it back', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource();
    const results = client.forward(source, { lookAhead: 3 });
    await results.next();
    const broken = new Error('broken');
    await expect(results.throw?.(broken)).rejects.toBe(broken);
    expect(seen.returned).toBe(1);
    expect(client.counters().pending).toBe(0);
  });

  it('does not wait for a source that is busy', async () => {
    const { client } = await connectedClient();
    const returned = vi.fn(() => new Promise<never>(() => undefined));
    let read = 0;
    const source: AsyncIterable<ForwardItem> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          read++ < 3
            ? Promise.resolve({ done: false, value: { event: inorganicInstall() } })
            : new Promise(() => undefined),
        return: returned,
      }),
    };
    for await (const { index } of client.forward(source)) if (index === 2) break;
    expect(returned).toHaveBeenCalledTimes(1);
    expect(client.counters().pending).toBe(0);
  });

  it('gets the error of a source that cannot let go, once everything has ended', async () => {
    const { client } = await connectedClient();
    const stuck = new Error('cannot let go');
    const source: Iterable<ForwardItem> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: { event: inorganicInstall() } }),
        return: () => {
          throw stuck;
        },
      }),
    };
    const run = (async () => {
      for await (const { index } of client.forward(source, { lookAhead: 5 })) if (index >= 0) break;
    })();
    await expect(run).rejects.toBe(stuck);
    expect(client.counters()).toMatchObject({ pending: 0, inFlight: 0 });
  });

  it('takes a source for its word that has ended or thrown: it is told nothing more', async () => {
    const { client } = await connectedClient();
    const returned = vi.fn(() => ({ done: true as const, value: undefined }));
    const ending = (end: () => IteratorResult<ForwardItem>): Iterable<ForwardItem> => ({
      [Symbol.iterator]: () => {
        let read = 0;
        return {
          next: () => (read++ < 3 ? { done: false, value: { event: inorganicInstall() } } : end()),
          return: returned,
        };
      },
    });
    for await (const { index } of client.forward(ending(() => ({ done: true, value: undefined })))) {
      if (index === 1) break;
    }
    const thrower = ending(() => {
      throw new Error('no more');
    });
    for await (const { index } of client.forward(thrower)) if (index === 1) break;
    expect(returned).not.toHaveBeenCalled();
  });
});

describe('a source that throws', () => {
  it.each([
    [
      'at once',
      0,
      function* (error: Error): Generator<ForwardItem, void> {
        yield* [];
        throw error;
      },
    ],
    [
      'in the middle',
      12,
      function* (error: Error): Generator<ForwardItem, void> {
        yield* records(12);
        throw error;
      },
    ],
    [
      'by rejecting',
      12,
      async function* (error: Error): AsyncGenerator<ForwardItem, void> {
        yield* records(12);
        await nextTurn();
        throw error;
      },
    ],
  ])('%s, costs no result of what was read before', async (_, count, makeSource) => {
    const { client } = await connectedClient();
    const broken = new Error('the source broke');
    const results: ForwardResult[] = [];
    const run = (async () => {
      for await (const result of client.forward(makeSource(broken))) results.push(result);
    })();
    await expect(run).rejects.toBe(broken);
    expect(sortedIds(results)).toEqual(sortedIds(records(count) as { id: string }[]));
    expect(new Set(results.map(({ status }) => status)).size).toBe(count === 0 ? 0 : 1);
  });

  it('throws it once, then the run is over', async () => {
    const { client } = await connectedClient();
    const source = Readable.from([]).destroy(new Error('no'));
    const results = client.forward(source as AsyncIterable<ForwardItem>);
    await expect(results.next()).rejects.toThrow('no');
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });
});

describe('next()', () => {
  it('may be called many times at once', async () => {
    const { client } = await connectedClient();
    const results = client.forward(records(20));
    const steps = await Promise.all(Array.from({ length: 25 }, () => results.next()));
    const ids = steps.flatMap((step) => (step.done === true ? [] : [step.value.id]));
    expect(ids.sort()).toEqual(sortedIds(records(20) as { id: string }[]));
    expect(steps.slice(20).every(({ done }) => done === true)).toBe(true);
  });

  it('of several runs of one client is each one’s own', async () => {
    const { client } = await connectedClient();
    const runs = await Promise.all([1, 2, 3].map((run) => collect(client.forward(records(run * 5)))));
    expect(runs.map(({ items }) => items.length)).toEqual([5, 10, 15]);
  });
});

describe('the status of a result', () => {
  it.each<[status: string, code: ErrorCode, fault: FaultBehaviour]>([
    ['rejected', 'bad_request', { kind: 'status', status: 400 }],
    ['rejected', 'bad_request', { kind: 'status', status: 400, body: '{"error":"utm_source is missing"}' }],
    ['rejected', 'unexpected_response', { kind: 'status', status: 404 }],
    ['rejected', 'unexpected_response', { kind: 'redirect', location: 'https://elsewhere.example' }],
    ['failed', 'bad_request', { kind: 'status', status: 400, body: '{"error":"Partner name not whitelisted"}' }],
    ['failed', 'authentication', { kind: 'status', status: 401 }],
    ['failed', 'authentication', { kind: 'status', status: 403 }],
    ['failed', 'rate_limited', { kind: 'status', status: 429 }],
    ['failed', 'service_unavailable', { kind: 'status', status: 503 }],
    ['failed', 'network', { kind: 'reset_after' }],
    ['failed', 'timeout', { kind: 'hang' }],
    ['failed', 'unconfirmed', { kind: 'empty_200' }],
  ])('is %s for %s', async (status, code, fault) => {
    const { client, emulator } = await connectedClient({
      requireConfirmation: true,
      timeoutMs: timeoutFor(fault),
      retry: { ...QUICK, maxAttempts: 2 },
    });
    emulator.faults.add(fault);
    const { items } = await collect(client.forward(records(1)));
    expect(items).toMatchObject([{ status, index: 0, id: 'id-0', projectId: 'TEST-111-222Z', error: { code } }]);
  });

  it('is rejected for what is not valid, which costs no other record', async () => {
    const { client, emulator } = await connectedClient();
    const source: unknown[] = [
      { event: inorganicInstall() },
      null,
      undefined,
      {},
      5,
      'record',
      [],
      { event: null },
      { event: 'install' },
      { event: inorganicInstall({ utmSource: '' }) },
      inorganicInstall(),
      {
        get event(): never {
          throw new Error('do not look');
        },
      },
      {
        event: {
          get type(): never {
            throw new Error('do not look');
          },
        },
      },
      { event: inorganicInstall() },
    ];
    const { items } = await collect(client.forward(source as ForwardItem[]));
    expect(items.map(({ index }) => index).sort((one, other) => one - other)).toEqual(source.map((_, index) => index));
    for (const { index, status, error } of items) {
      const valid = index === 0 || index === source.length - 1;
      expect([index, status, error?.code]).toEqual(
        valid ? [index, 'delivered', undefined] : [index, 'rejected', 'validation'],
      );
    }
    expect(emulator.counts.requests).toBe(2);
    expect(client.counters()).toMatchObject({ accepted: 2, delivered: 2, refused: source.length - 2 });
  });

  it.each([undefined, '', 5, null])('is rejected where no project is named: %o', async (projectId) => {
    const { client } = watchedClient({ credentials: undefined });
    const source = [{ event: inorganicInstall(), projectId: projectId as string }];
    const { items } = await collect(client.forward(source, { credentials: () => canaryCredentials() }));
    expect(items).toMatchObject([
      { status: 'rejected', error: { code: 'validation', issues: [{ path: ['projectId'] }] } },
    ]);
  });
});

describe('the credentials of a forward()', () => {
  const one = [{ event: inorganicInstall(), projectId: 'A' }];

  it.each<[string, ForwardOptions['credentials']]>([
    ['at once', () => canaryCredentials({ projectId: 'A' })],
    ['later', () => Promise.resolve(canaryCredentials({ projectId: 'A' }))],
    [
      'by something like a promise',
      () => ({ then: (resolve: (value: unknown) => void) => resolve(canaryCredentials({ projectId: 'A' })) }) as never,
    ],
  ])('may be there %s', async (_, credentials) => {
    const { client, emulator } = await connectedClient();
    emulator.addAccount(canaryCredentials({ projectId: 'A' }));
    const { items } = await collect(client.forward(one, { credentials }));
    expect(items).toMatchObject([{ status: 'delivered', projectId: 'A', delivery: { projectId: 'A' } }]);
  });

  it.each<[string, ForwardOptions['credentials'], string]>([
    ['nobody to ask', undefined, 'nobody was named to look them up; give the option "credentials"'],
    ['none', () => undefined, 'the lookup of the option "credentials" has none'],
    ['none later', () => Promise.resolve(undefined), 'the lookup of the option "credentials" has none'],
    ['null', () => null, ''],
    ['null later', () => Promise.resolve(null as never), ''],
    ['a text', () => 'A' as never, ''],
    [
      'a lookup that throws',
      () => {
        throw new Error('the database is down');
      },
      'looking them up failed',
    ],
    ['a lookup that rejects', () => Promise.reject(new Error('the database is down')), 'looking them up failed'],
    [
      'those of another project',
      () => canaryCredentials({ projectId: 'B' }),
      'the ones found are not valid: projectId: is not the one that was looked up',
    ],
    [
      'wrong ones',
      () => canaryCredentials({ projectId: 'A', projectPasscode: '' }),
      'the ones found are not valid: projectPasscode: Project Passcode is required',
    ],
    [
      'a lookup that says it in words of its own',
      () => {
        throw new AuthenticationError('no credentials for project A: the vault is sealed', { projectId: 'A' });
      },
      'no credentials for project A: the vault is sealed',
    ],
  ])('that are not to be had fail their records only: %s', async (_, credentials, reason) => {
    const { client } = await connectedClient();
    const source = [...one, { event: inorganicInstall(), id: 'of the default project' }];
    const { items } = await collect(client.forward(source, { credentials }));
    const [failed] = items.filter(({ projectId }) => projectId === 'A');
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'authentication', projectId: 'A', attempts: 0 } });
    expect(failed?.error?.message).toContain('no credentials for project A: ');
    expect(failed?.error?.message).toContain(reason);
    expect(items.filter(({ status }) => status === 'delivered').map(({ id }) => id)).toEqual([
      'of the default project',
    ]);
  });

  it('are asked for again after a lookup failed', async () => {
    const { client, emulator } = await connectedClient();
    emulator.addAccount(canaryCredentials({ projectId: 'A' }));
    let lookups = 0;
    const credentials = () => {
      lookups += 1;
      return lookups === 1 ? Promise.reject(new Error('down')) : Promise.resolve(canaryCredentials({ projectId: 'A' }));
    };
    async function* source() {
      yield* one;
      await expect.poll(() => lookups).toBe(1);
      await nextTurn();
      yield* one;
      yield* one;
    }
    const { items } = await collect(client.forward(source(), { credentials }));
    expect(items.map(({ status }) => status).sort()).toEqual(['delivered', 'delivered', 'failed']);
    expect(lookups).toBe(2);
  });

  it('are asked for once, also while many records arrive meanwhile', async () => {
    const { client, emulator } = await connectedClient();
    emulator.addAccount(canaryCredentials({ projectId: 'A' }));
    const lookUp = vi.fn(async (projectId: string) => {
      await nextTurn();
      return canaryCredentials({ projectId });
    });
    const source = Array.from({ length: 50 }, () => ({ event: inorganicInstall(), projectId: 'A' }));
    const { items } = await collect(client.forward(source, { credentials: lookUp }));
    expect(items.every(({ status }) => status === 'delivered')).toBe(true);
    expect(lookUp.mock.calls).toEqual([['A']]);
  });

  it('are not asked for where a record is for the default project', async () => {
    const { client } = await connectedClient();
    const lookUp = vi.fn();
    const source = [{ event: inorganicInstall() }, { event: inorganicInstall(), projectId: 'TEST-111-222Z' }];
    const { items } = await collect(client.forward(source, { credentials: lookUp }));
    expect(items.map(({ status, projectId }) => [status, projectId])).toEqual(
      source.map(() => ['delivered', 'TEST-111-222Z']),
    );
    expect(lookUp).not.toHaveBeenCalled();
  });
});

describe('the options of a forward()', () => {
  it.each([
    [{ lookAhead: 0 }, 'options: lookAhead: must be a whole number, at least 1'],
    [{ lookAhead: 1.5 }, 'options: lookAhead: must be a whole number, at least 1'],
    [{ credentials: {} }, 'options: credentials: must be a function from project id to credentials'],
    [{ timeoutMs: 0 }, 'options: timeoutMs: must be a number of milliseconds greater than 0'],
    [{ signal: 'now' }, 'options: signal: must be an AbortSignal'],
  ])('are checked: %o', async (options, message) => {
    const { client } = await connectedClient();
    expect(await failureOf(() => client.forward([], options as object))).toMatchObject({ code: 'validation', message });
  });

  it('hold for each event', async () => {
    const { client, emulator } = await connectedClient({ retry: { ...QUICK, maxAttempts: 1 } });
    emulator.faults.add({ kind: 'hang' });
    const { items } = await collect(client.forward(records(3), { timeoutMs: 200 }));
    expect(items.map(({ error }) => error?.message)).toEqual(
      records(3).map(() => expect.stringContaining('no complete answer within 200 ms') as string),
    );
  });
});

describe('an abort of a forward()', () => {
  it('ends what is under way and the reading; the results come first, then the error', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 3 } });
    const controller = new AbortController();
    emulator.faults.add({ kind: 'status', status: 200, times: 10 });
    emulator.faults.add({ kind: 'hang' });
    const { seen, source } = watchedSource();
    const run = collect(client.forward(source, { signal: controller.signal, lookAhead: 20 }));
    await expect.poll(() => emulator.counts.requests).toBe(13);
    await expect.poll(() => client.counters().pending).toBe(20);
    const reason = new Error('enough');
    controller.abort(reason);
    const { items, error } = await run;
    expect(error).toMatchObject({ code: 'aborted', cause: reason });
    expect(items.map(({ status }) => status)).toEqual([
      ...Array<string>(10).fill('delivered'),
      ...Array<string>(20).fill('failed'),
    ]);
    expect(items.slice(10).every((item) => item.error?.code === 'aborted')).toBe(true);
    expect(items).toHaveLength(seen.read);
    expect(seen.returned).toBe(1);
    expect(emulator.counts.requests).toBe(13);
  });

  it('before it began has nothing read', async () => {
    const { client } = await connectedClient();
    const { seen, source } = watchedSource();
    const { items, error } = await collect(client.forward(source, { signal: AbortSignal.abort() }));
    expect([items.length, error?.code, seen.read]).toEqual([0, 'aborted', 0]);
  });
});
