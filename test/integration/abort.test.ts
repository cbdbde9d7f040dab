import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient, QUICK, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { beginOutage } from '../support/outage.js';
import { startSocketServer } from '../support/socket-server.js';

let controllers: AbortController[] = [];

function newController(): AbortController {
  const controller = new AbortController();
  controllers.push(controller);
  return controller;
}

function listenersOn({ signal }: AbortController): number {
  return getEventListeners(signal, 'abort').length;
}

afterEach(() => {
  // Whatever became of the events, nothing of ours is left on anybody's signal.
  expect(controllers.map(listenersOn)).toEqual(controllers.map(() => 0));
  controllers = [];
});

describe('a signal', () => {
  it('that had fired before is heeded before anything is done', async () => {
    const { client, emulator } = await connectedClient();
    const controller = newController();
    const reason = new Error('changed my mind');
    controller.abort(reason);
    const error = await failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted', attempts: 0, maybeRecorded: false, retryable: false });
    expect(error.cause).toBe(reason);
    expect(client.counters()).toMatchObject({ accepted: 0, refused: 1 });
    expect(emulator.connections.total).toBe(0);
  });

  it('ends an event in the moment of its call, before anything is written', async () => {
    const { client, emulator } = await connectedClient();
    const controller = newController();
    const failure = failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded: false });
    await client.send(inorganicInstall());
    expect(emulator.counts.requests).toBe(1);
  });

  it('ends an event that waits for a place', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 1 } });
    emulator.faults.add({ kind: 'latency', ms: 100, times: 1 });
    const first = client.send(inorganicInstall());
    const controller = newController();
    const failure = failureOf(client.send(customEvent(), { signal: controller.signal }));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', attempts: 0, maybeRecorded: false });
    await first;
    await client.send(inorganicInstall());
    expect(emulator.counts.byEventType).toEqual({ inorganic_install: 2 });
  });

  it('ends an event that waits for a connection', async () => {
    const { client, emulator } = await connectedClient({ connections: 1 });
    emulator.faults.add({ kind: 'latency', ms: 100, times: 1 });
    const first = client.send(inorganicInstall());
    const controller = newController();
    const failure = failureOf(client.send(customEvent(), { signal: controller.signal }));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded: false });
    await first;
    await client.send(inorganicInstall());
    expect(emulator.counts.byEventType).toEqual({ inorganic_install: 2 });
  });

  it('ends an event whose connection is on its way up, and that connection', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ baseUrl: server.url.replace('http:', 'https:') });
    const controller = newController();
    const failure = failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    await expect.poll(() => server.open).toBe(1);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded: false });
    await expect.poll(() => server.open).toBe(0);
  });

  it.each([{ kind: 'hang' }, { kind: 'stalled_body' }] as const)(
    'ends an event whose request was written ($kind), which may be recorded',
    async (fault) => {
      const { client, emulator } = await connectedClient();
      emulator.faults.add(fault);
      const controller = newController();
      const failure = failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
      await expect.poll(() => emulator.counts.requests).toBe(1);
      controller.abort();
      expect(await failure).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded: true });
      await expect.poll(() => emulator.connections.total).toBe(0);
      expect(emulator.counts.requests).toBe(1);
    },
  );

  it.each([
    [503, false],
    [504, true],
  ])('ends an event that waits for its next attempt after %i', async (status, maybeRecorded) => {
    const { client, emulator, told } = await connectedClient();
    emulator.faults.add({ kind: 'status', status, retryAfter: 60 });
    const controller = newController();
    const failure = failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    await expect.poll(() => told('retry')).toHaveLength(1);
    controller.abort();
    expect(await failure).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded });
    expect(emulator.counts.requests).toBe(1);
  });

  it('ends events that wait behind the gate of their region', async () => {
    const { client, emulator, told } = await connectedClient();
    const outage = await beginOutage(client, emulator);
    outage.remove();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60 });
    const before = emulator.counts.requests;
    const controller = newController();
    const source = Array.from({ length: 30 }, () => ({ event: inorganicInstall() }));
    const run = collect(client.forward(source, { signal: controller.signal }));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect.poll(() => client.counters().inFlight).toBe(0);
    const begun = emulator.counts.requests - before;
    controller.abort();
    const { items } = await run;
    expect(items.map(({ error }) => error?.code)).toEqual(source.map(() => 'aborted'));
    expect(items.reduce((sum, { error }) => sum + (error?.attempts ?? 0), 0)).toBe(begun);
    expect(begun).toBeLessThan(source.length);
    expect(emulator.counts.requests - before).toBe(begun);
  });

  it('may be one that fires by time', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'hang' });
    const error = await failureOf(client.send(inorganicInstall(), { signal: AbortSignal.timeout(50) }));
    expect(error).toMatchObject({ code: 'aborted' });
    expect(error.cause).toMatchObject({ name: 'TimeoutError' });
  });

  it('that fires after the end changes nothing', async () => {
    const { client, emulator } = await connectedClient();
    const controller = newController();
    await client.send(inorganicInstall(), { signal: controller.signal });
    emulator.faults.add({ kind: 'status', status: 400 });
    await failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    expect(listenersOn(controller)).toBe(0);
    controller.abort();
    expect(client.counters()).toMatchObject({ delivered: 1, failed: 1, failedByCode: { bad_request: 1 } });
  });
});

describe('a signal that many events share', () => {
  it('has one listener, and Node has nothing to warn of', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => {
      process.off('warning', onWarning);
    });
    const { client } = await connectedClient();
    const controller = newController();
    const sends = Array.from({ length: 50 }, () => client.send(inorganicInstall(), { signal: controller.signal }));
    expect(listenersOn(controller)).toBe(1);
    await Promise.all(sends);
    expect(listenersOn(controller)).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('begins nothing more while it ends them one by one', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 3 } });
    await Promise.all(Array.from({ length: 20 }, () => client.send(inorganicInstall())));
    const before = emulator.counts.requests;
    emulator.faults.add({ kind: 'hang' });
    const controller = newController();
    const failures = Array.from({ length: 100 }, () =>
      failureOf(client.send(inorganicInstall(), { signal: controller.signal })),
    );
    await expect.poll(() => emulator.counts.requests - before).toBe(3);
    controller.abort();
    const errors = await Promise.all(failures);
    expect(errors.map(({ code }) => code)).toEqual(Array(100).fill('aborted'));
    expect(errors.map(({ attempts, maybeRecorded }) => `${attempts} ${maybeRecorded}`)).toEqual([
      ...Array<string>(3).fill('1 true'),
      ...Array<string>(97).fill('0 false'),
    ]);
    emulator.faults.clear();
    await client.send(inorganicInstall());
    expect(emulator.counts.requests - before).toBe(4);
    expect(told('attempt').filter(({ outcome }) => outcome === 'aborted')).toHaveLength(3);
    expect(client.counters()).toMatchObject({ inFlight: 0, pending: 0, attempts: 24 });
  });

  it('ends however many wait behind a gate', async () => {
    const { client, emulator, told } = await connectedClient();
    const outage = await beginOutage(client, emulator);
    const controller = newController();
    const events = 12_000;
    const source = Array.from({ length: events }, () => ({ event: inorganicInstall() }));
    const run = collect(client.forward(source, { signal: controller.signal, lookAhead: events }));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    // A probe hangs: its end lets the next one through, whose end lets the next one through …
    outage.remove();
    emulator.faults.add({ kind: 'hang' });
    await expect.poll(() => emulator.received.at(-1)?.fault).toBe('hang');
    controller.abort();
    const { items } = await run;
    expect(items).toHaveLength(events);
    expect(new Set(items.map(({ error }) => error?.code))).toEqual(new Set(['aborted']));
  });
});

describe('a listener that aborts', () => {
  it('when an attempt has delivered its event, comes too late', async () => {
    const controller = newController();
    const { client, told } = await connectedClient({
      onNotice: ({ type }) => {
        if (type === 'attempt') controller.abort();
      },
    });
    expect(await client.send(inorganicInstall(), { signal: controller.signal })).toMatchObject({ confirmed: true });
    expect([told('delivered').length, told('failed').length]).toEqual([1, 0]);
    expect(client.counters()).toMatchObject({ accepted: 1, delivered: 1, failed: 0, pending: 0, inFlight: 0 });
  });

  it('when an attempt has failed, ends the event there', async () => {
    const controller = newController();
    const { client, emulator, told } = await connectedClient({
      onNotice: ({ type }) => {
        if (type === 'attempt') controller.abort();
      },
    });
    emulator.faults.add({ kind: 'status', status: 504 });
    const error = await failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted', attempts: 1, maybeRecorded: true });
    expect(told('failed')).toHaveLength(1);
    expect(client.counters()).toMatchObject({ failed: 1, pending: 0, inFlight: 0 });
    emulator.faults.clear();
    await client.send(inorganicInstall());
    expect(emulator.counts.requests).toBe(2);
  });

  it('when a retry is announced, ends the event before it', async () => {
    const controller = newController();
    const { client, emulator, told } = await connectedClient({
      onNotice: ({ type }) => {
        if (type === 'retry') controller.abort();
      },
    });
    emulator.faults.add({ kind: 'status', status: 503 });
    const error = await failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted', attempts: 1 });
    expect(told('failed')).toHaveLength(1);
    emulator.faults.clear();
    await client.send(inorganicInstall());
    expect(emulator.counts.requests).toBe(2);
  });

  it('gives one result for each event of a forward()', async () => {
    const controller = newController();
    const { client } = await connectedClient({
      onNotice: ({ type }) => {
        if (type === 'attempt') controller.abort();
      },
    });
    const source = Array.from({ length: 40 }, (_, index) => ({ event: inorganicInstall(), id: String(index) }));
    const { items } = await collect(client.forward(source, { signal: controller.signal }));
    expect(items.map(({ id }) => id).sort()).toEqual(source.map(({ id }) => id).sort());
    expect(client.counters()).toMatchObject({ pending: 0, inFlight: 0 });
  });
});

describe('a dispatcher that aborts while it takes the request', () => {
  it('does not have its event end twice', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials()] });
    const controller = newController();
    const inner = emulator.dispatcher();
    const dispatcher = inner.compose((dispatch) => (options, handler) => {
      controller.abort();
      return dispatch(options, handler);
    });
    const { client, told } = watchedClient({ dispatcher, retry: QUICK });
    const error = await failureOf(client.send(inorganicInstall(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted', attempts: 1 });
    await new Promise(setImmediate);
    expect([told('failed').length, told('delivered').length]).toEqual([1, 0]);
    expect(client.counters()).toMatchObject({ accepted: 1, failed: 1, delivered: 0, pending: 0, inFlight: 0 });
  });
});
