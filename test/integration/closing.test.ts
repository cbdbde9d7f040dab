import { Agent } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AttributionEvent } from '../../src/contract/event.js';
import { createEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { beginOutage } from '../support/outage.js';
import { startSocketServer } from '../support/socket-server.js';

describe('close()', () => {
  it('waits for what is pending, in flight or not', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 3 } });
    emulator.faults.add({ kind: 'latency', ms: 60 });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    const sends = Array.from({ length: 9 }, () => client.send(inorganicInstall()));
    const report = await client.close();
    expect(report).toEqual({ delivered: 9, failed: 0, abandoned: 0, durationMs: expect.any(Number) as number });
    expect((await Promise.all(sends)).every(({ confirmed }) => confirmed)).toBe(true);
    expect(emulator.counts).toMatchObject({ requests: 10, recorded: 9 });
  });

  it('gives up at its deadline what is left, and none of it is written any more', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 3 } });
    emulator.addAccount(canaryCredentials({ projectId: 'OTHER' }));
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60, eventType: 'later' });
    emulator.faults.add({ kind: 'latency', ms: 100, eventType: 'slow' });
    emulator.faults.add({ kind: 'hang', eventType: 'hang' });
    const other = client.project(canaryCredentials({ projectId: 'OTHER' }));
    const later = [1, 2].map(() => client.send(customEvent('later')));
    await expect.poll(() => told('retry')).toHaveLength(2);
    const hanging = Array.from({ length: 20 }, () => client.send(customEvent('hang')));
    const slow = [1, 2].map(() => other.send(customEvent('slow')));
    const ends = Promise.allSettled([...later, ...hanging, ...slow]);
    await expect.poll(() => emulator.counts.byEventType).toEqual({ later: 2, hang: 3, slow: 2 });
    expect(client.counters().pending).toBe(24);
    const { delivered, failed, abandoned } = await client.close({ timeoutMs: 250 });
    expect({ delivered, failed, abandoned }).toEqual({ delivered: 2, failed: 0, abandoned: 22 });
    const codes = (await ends).map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : ''));
    expect(codes).toEqual([...Array<string>(22).fill('closed'), '', '']);
    await expect.poll(() => emulator.connections.total).toBe(0);
    expect(emulator.counts.byEventType).toEqual({ later: 2, hang: 3, slow: 2 });
  });

  it('waits for the requests under way alone where that is asked, and tries nothing again', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 4 } });
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60, eventType: 'later' });
    emulator.faults.add({ kind: 'latency', ms: 100 });
    emulator.faults.add({ kind: 'status', status: 503, eventType: 'failing' });
    const later = client.send(customEvent('later'));
    await expect.poll(() => told('retry')).toHaveLength(1);
    const flying = ['good', 'good', 'good', 'failing'].map((name) => client.send(customEvent(name)));
    const waiting = [1, 2, 3].map(() => client.send(customEvent('waiting')));
    const ends = Promise.allSettled([later, ...flying, ...waiting]);
    await expect.poll(() => emulator.counts.requests).toBe(5);
    const { delivered, failed, abandoned } = await client.close({ onlyInFlight: true });
    expect({ delivered, failed, abandoned }).toEqual({ delivered: 3, failed: 0, abandoned: 5 });
    const outcomes = (await ends).map((end) =>
      end.status === 'fulfilled' ? end.value.attempts : (end.reason as { code: string; attempts: number }),
    );
    expect(outcomes).toMatchObject([
      { code: 'closed', attempts: 1 },
      ...[1, 1, 1],
      { code: 'closed', attempts: 1 },
      ...Array<object>(3).fill({ code: 'closed', attempts: 0 }),
    ]);
    expect(emulator.counts.byEventType).toEqual({ later: 1, good: 3, failing: 1 });
  });

  it('says how many of those that were pending failed by themselves', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'latency', ms: 80 });
    emulator.faults.add({ kind: 'status', status: 400, eventType: 'bad' });
    emulator.faults.add({ kind: 'hang', eventType: 'hang' });
    const names = ['good', 'bad', 'hang', 'good', 'bad', 'bad'];
    const ends = Promise.allSettled(names.map((name) => client.send(customEvent(name))));
    expect(client.counters().pending).toBe(6);
    const { delivered, failed, abandoned } = await client.close({ timeoutMs: 300 });
    expect({ delivered, failed, abandoned }).toEqual({ delivered: 2, failed: 3, abandoned: 1 });
    await ends;
    expect(client.counters()).toMatchObject({
      delivered: 2,
      failed: 4,
      failedByCode: { bad_request: 3, closed: 1 },
      pending: 0,
      inFlight: 0,
    });
  });

  it('says of each event that it gave up whether it may have been recorded', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 2 } });
    emulator.faults.add({ kind: 'status', status: 504, retryAfter: 60, eventType: 'paused' });
    emulator.faults.add({ kind: 'hang' });
    const paused = failureOf(client.send(customEvent('paused')));
    await expect.poll(() => told('retry')).toHaveLength(1);
    const failures = [1, 2, 3].map(() => failureOf(client.send(inorganicInstall())));
    await expect.poll(() => emulator.counts.requests).toBe(3);
    await client.close({ timeoutMs: 0 });
    const errors = await Promise.all([paused, ...failures]);
    expect(
      errors.map(({ code, attempts, maybeRecorded, retryable }) => [code, attempts, maybeRecorded, retryable]),
    ).toEqual([
      ['closed', 1, true, false],
      ['closed', 1, true, false],
      ['closed', 1, true, false],
      ['closed', 0, false, false],
    ]);
  });

  it('gives up at once what has not even begun to connect', async () => {
    const { client, emulator } = await connectedClient();
    const failure = failureOf(client.send(inorganicInstall()));
    const { abandoned } = await client.close({ timeoutMs: 0 });
    expect(abandoned).toBe(1);
    expect(await failure).toMatchObject({ code: 'closed', maybeRecorded: false });
    expect(emulator.counts.requests).toBe(0);
  });

  it('gives up a connection that is on its way up', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ baseUrl: server.url.replace('http:', 'https:') });
    const failure = failureOf(client.send(inorganicInstall()));
    await expect.poll(() => server.open).toBe(1);
    await client.close({ timeoutMs: 0 });
    expect(await failure).toMatchObject({ code: 'closed', attempts: 1, maybeRecorded: false });
    await expect.poll(() => server.open).toBe(0);
  });

  it('gives up what waits for a connection', async () => {
    const { client, emulator } = await connectedClient({ connections: 1 });
    emulator.faults.add({ kind: 'hang' });
    const failures = [1, 2, 3].map(() => failureOf(client.send(inorganicInstall())));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    expect(await client.close({ timeoutMs: 0 })).toMatchObject({ abandoned: 3 });
    expect((await Promise.all(failures)).map(({ maybeRecorded }) => maybeRecorded)).toEqual([true, false, false]);
    await expect.poll(() => emulator.connections.total).toBe(0);
    expect(emulator.counts.requests).toBe(1);
  });

  it('opens no connection for what waits for one', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ baseUrl: server.url, connections: 1 });
    const ends = Promise.allSettled([1, 2, 3].map(() => client.send(inorganicInstall())));
    await expect.poll(() => server.requests.length).toBe(1);
    await client.close({ timeoutMs: 0 });
    await ends;
    await expect.poll(() => server.open).toBe(0);
    expect([server.accepted, server.requests.length]).toEqual([1, 1]);
  });

  it('gives up what waits behind the gate of a region', async () => {
    const { client, emulator, told } = await connectedClient();
    (await beginOutage(client, emulator)).remove();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60 });
    const source = Array.from({ length: 25 }, () => ({ event: inorganicInstall() }));
    const run = collect(client.forward(source));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect.poll(() => client.counters().inFlight).toBe(0);
    const before = emulator.counts.requests;
    expect(await client.close({ timeoutMs: 0 })).toMatchObject({ abandoned: 25, delivered: 0, failed: 0 });
    const { items } = await run;
    expect(items.map(({ error, status }) => [status, error?.code])).toEqual(source.map(() => ['failed', 'closed']));
    expect(emulator.counts.requests).toBe(before);
  });

  it('does not wait for any time where it has none', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials()] });
    emulator.faults.add({ kind: 'hang' });
    const { client } = watchedClient({ dispatcher: emulator.dispatcher() });
    const failure = failureOf(client.send(inorganicInstall()));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    expect(await client.close({ timeoutMs: 0 })).toMatchObject({ abandoned: 1 });
    expect(await failure).toMatchObject({ code: 'closed' });
  });

  it('has no deadline where that is asked', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'latency', ms: 100 });
    const send = client.send(inorganicInstall());
    expect(await client.close({ timeoutMs: Infinity })).toMatchObject({ delivered: 1, abandoned: 0 });
    await send;
  });

  it('waits longer than the longest timer of Node where that is asked', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'latency', ms: 100 });
    const send = client.send(inorganicInstall());
    expect(await client.close({ timeoutMs: 2 ** 31 })).toMatchObject({ delivered: 1, abandoned: 0 });
    await send;
  });

  it.each([-1, Number.NaN, '30s', null])('refuses a time that is none, and closes nothing: %o', async (timeoutMs) => {
    const { client } = await connectedClient();
    const error = await failureOf(client.close({ timeoutMs } as object));
    expect(error).toMatchObject({
      code: 'validation',
      message: 'options: timeoutMs: must be a number of milliseconds, at least 0, or Infinity',
    });
    expect(client.closed).toBe(false);
    await client.send(inorganicInstall());
  });

  it('can be called again, and gives the same report', async () => {
    const { client } = await connectedClient();
    await client.send(inorganicInstall());
    const closing = client.close();
    expect(client.closed).toBe(true);
    const [first, second] = await Promise.all([closing, client.close({ timeoutMs: 0 })]);
    expect(second).toBe(first);
    expect(await client.close()).toBe(first);
    expect(first).toMatchObject({ delivered: 0, failed: 0, abandoned: 0 });
  });

  it('of a client that sent nothing is done at once', async () => {
    const { client } = watchedClient();
    expect(await client.close()).toMatchObject({ delivered: 0, failed: 0, abandoned: 0 });
  });

  it('closes the connections', async () => {
    const { client, emulator } = await connectedClient();
    await Promise.all(Array.from({ length: 8 }, () => client.send(inorganicInstall())));
    expect(emulator.connections.total).toBe(8);
    await client.close();
    await expect.poll(() => emulator.connections.total).toBe(0);
  });

  it('is what await using calls', async () => {
    const { emulator } = await connectedClient();
    let send: Promise<unknown>;
    {
      await using client = watchedClient({ baseUrl: emulator.baseUrl }).client;
      emulator.faults.add({ kind: 'latency', ms: 50 });
      send = client.send(inorganicInstall());
    }
    expect(await send).toMatchObject({ confirmed: true });
    await expect.poll(() => emulator.connections.total).toBe(0);
  });

  it('leaves a dispatcher of the caller open', async () => {
    const { emulator } = await connectedClient();
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, dispatcher });
    await client.send(inorganicInstall());
    await client.close();
    expect([dispatcher.closed, dispatcher.destroyed]).toEqual([false, false]);
    const { client: another } = watchedClient({ baseUrl: emulator.baseUrl, dispatcher });
    await another.send(inorganicInstall());
    expect(emulator.counts.recorded).toBe(2);
  });

  it('gives up what is under way in a dispatcher of the caller', async () => {
    const { emulator } = await connectedClient();
    const dispatcher = new Agent({ connections: 1 });
    onTestFinished(() => dispatcher.destroy());
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, dispatcher });
    emulator.faults.add({ kind: 'hang' });
    const failures = [1, 2].map(() => failureOf(client.send(inorganicInstall())));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    await client.close({ timeoutMs: 0 });
    const errors = await Promise.all(failures);
    expect(errors.map(({ code, maybeRecorded }) => [code, maybeRecorded])).toEqual([
      ['closed', true],
      ['closed', false],
    ]);
    emulator.faults.clear();
    const { client: another } = watchedClient({ baseUrl: emulator.baseUrl, dispatcher });
    await another.send(inorganicInstall());
    expect(emulator.counts.requests).toBe(2);
  });
});

describe('a closed client', () => {
  it('takes no event, whichever way', async () => {
    const { client, emulator } = await connectedClient();
    const project = client.project(canaryCredentials());
    await client.close();
    for (const send of [client.send(inorganicInstall()), project.send(inorganicInstall())]) {
      expect(await failureOf(send)).toMatchObject({ code: 'closed', attempts: 0, maybeRecorded: false });
    }
    const { items, error } = await collect(client.forward([{ event: inorganicInstall() }]));
    expect([items.length, error?.code]).toEqual([0, 'closed']);
    expect(emulator.counts.requests).toBe(0);
    expect(client.counters()).toMatchObject({ accepted: 0, refused: 2 });
  });

  it('takes none from the moment on in which it is being closed', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'latency', ms: 60 });
    const before = client.send(inorganicInstall());
    const closing = client.close();
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ code: 'closed' });
    await before;
    expect(await closing).toMatchObject({ delivered: 1 });
  });
});

describe('a forward() whose client is closed', () => {
  async function* endless(): AsyncGenerator<{ event: AttributionEvent }, void> {
    for (;;) {
      await new Promise(setImmediate);
      yield { event: inorganicInstall() };
    }
  }

  it('gives out the results of all that it has read, then the error', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'latency', ms: 20 });
    const indexes: number[] = [];
    const run = (async () => {
      for await (const { index, status } of client.forward(endless(), { lookAhead: 20 })) {
        expect(status).toBe('delivered');
        indexes.push(index);
        if (indexes.length === 50) void client.close();
      }
    })();
    expect(await failureOf(run)).toMatchObject({ code: 'closed' });
    expect(indexes.length).toBe(emulator.counts.recorded);
    expect(indexes.sort((one, other) => one - other)).toEqual(indexes.map((_, position) => position));
  });

  it('ends also while its source has nothing to give', async () => {
    const { client } = await connectedClient();
    let returned = false;
    const source: AsyncIterable<{ event: AttributionEvent }> = {
      [Symbol.asyncIterator]: () => {
        let given = 0;
        return {
          next: () =>
            given++ === 0
              ? Promise.resolve({ done: false, value: { event: inorganicInstall() } })
              : new Promise(() => undefined),
          return: () => {
            returned = true;
            return Promise.resolve({ done: true, value: undefined });
          },
        };
      },
    };
    const run = (async () => {
      for await (const { status } of client.forward(source)) {
        expect(status).toBe('delivered');
        setImmediate(() => void client.close());
      }
    })();
    expect(await failureOf(run)).toMatchObject({ code: 'closed' });
    expect(returned).toBe(true);
  });

  it('is not kept by the client once it has ended', async () => {
    const { client } = await connectedClient();
    const { error } = await collect(client.forward([{ event: inorganicInstall() }]));
    expect(error).toBeUndefined();
    await client.close();
  });
});
