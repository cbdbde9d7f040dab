import { describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import { connectedClient, QUICK, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';

const once = { ...QUICK, maxAttempts: 1 } as const;

/** Writes a text in pieces with short gaps, until it is out or nobody listens. */
function drip(socket: NodeJS.WritableStream & { readonly destroyed: boolean }, text: string, gapMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || sent === text.length) clearInterval(timer);
    else socket.write(text.charAt(sent));
    sent += 1;
  }, gapMs);
}

const answer = httpAnswer(200, '{"status":"success"}');
const head = answer.slice(0, answer.indexOf('{'));
const body = answer.slice(answer.indexOf('{'));

describe('timeoutMs', () => {
  it.each([
    ['head', 'drips', (socket: NodeJS.WritableStream & { destroyed: boolean }) => drip(socket, answer, 15)],
    [
      'body',
      'drips',
      (socket: NodeJS.WritableStream & { destroyed: boolean }) => {
        socket.write(head);
        drip(socket, body, 30);
      },
    ],
  ] as const)('covers a %s that %s, though each gap is short', async (_part, _how, script) => {
    const server = await startSocketServer(script);
    const { client } = watchedClient({ baseUrl: server.url, retry: once, timeoutMs: 200 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'timeout', attempts: 1, maybeRecorded: true });
    expect(error.message).toContain('no complete answer within 200 ms');
    await expect.poll(() => server.open).toBe(0);
  });

  it('bears a server that drips, within the time', async () => {
    const server = await startSocketServer((socket) => drip(socket, answer, 1));
    const { client } = watchedClient({ baseUrl: server.url, retry: once });
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true, attempts: 1 });
  });

  it('covers head and body together', async () => {
    const server = await startSocketServer((socket) => {
      setTimeout(() => socket.write(head), 120);
      setTimeout(() => socket.write(body), 240);
    });
    const { client } = watchedClient({ baseUrl: server.url, retry: once });
    const error = await failureOf(client.send(inorganicInstall(), { timeoutMs: 180 }));
    expect(error).toMatchObject({ code: 'timeout', maybeRecorded: true });
    expect(await client.send(inorganicInstall(), { timeoutMs: 10_000 })).toMatchObject({ confirmed: true });
  });

  it('is for each attempt anew', async () => {
    const { client, emulator, told } = await connectedClient({ timeoutMs: 300 });
    emulator.faults.add({ kind: 'hang', times: 2 });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 3, maybeDuplicate: true });
    const hung = told('attempt').filter(({ outcome }) => outcome === 'timeout');
    expect(hung).toHaveLength(2);
    for (const { durationMs } of hung) expect(durationMs).toBeGreaterThanOrEqual(299);
  });

  it('of a call is shorter than the client’s where that is asked', async () => {
    const { client, emulator } = await connectedClient({ retry: once });
    emulator.faults.add({ kind: 'hang' });
    const error = await failureOf(client.send(inorganicInstall(), { timeoutMs: 150 }));
    expect(error).toMatchObject({ code: 'timeout', attempts: 1 });
    expect(error.message).toContain('within 150 ms');
  });

  it('of a call is longer than the client’s where that is asked', async () => {
    const { client, emulator } = await connectedClient({ retry: once, timeoutMs: 50 });
    emulator.faults.add({ kind: 'latency', ms: 150 });
    expect(await client.send(inorganicInstall(), { timeoutMs: 10_000 })).toMatchObject({ attempts: 1 });
  });

  it('of a call holds for connecting as well', async () => {
    const server = await startSocketServer();
    const baseUrl = server.url.replace('http:', 'https:');
    const { client } = watchedClient({ baseUrl, retry: once, timeoutMs: 20 });
    const error = await failureOf(client.send(inorganicInstall(), { timeoutMs: 250 }));
    expect(error).toMatchObject({ code: 'network', maybeRecorded: false });
    expect(error.message).toContain('no connection could be established within 250 ms');
  });
});

describe('deadlineMs', () => {
  it('ends an event while its request is under way', async () => {
    const { client, emulator, told } = await connectedClient();
    await client.send(inorganicInstall());
    emulator.faults.add({ kind: 'hang' });
    const error = await failureOf(client.send(inorganicInstall(), { deadlineMs: 300 }));
    expect(error).toMatchObject({ code: 'timeout', attempts: 1, maybeRecorded: true, retryable: true });
    expect(error.message).toContain('deadlineMs of 300 ms passed while a request was under way');
    expect(told('attempt').at(-1)).toMatchObject({ outcome: 'timeout', maybeRecorded: true });
    await expect.poll(() => emulator.connections.total).toBe(0);
  });

  it('ends an event while its connection is on its way up', async () => {
    const server = await startSocketServer();
    const { client } = watchedClient({ baseUrl: server.url.replace('http:', 'https:'), deadlineMs: 100 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'timeout', attempts: 1, maybeRecorded: false });
    await expect.poll(() => server.open).toBe(0);
  });

  it('covers all attempts together', async () => {
    const { client, emulator } = await connectedClient({ deadlineMs: 450, timeoutMs: 200 });
    emulator.faults.add({ kind: 'hang' });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'timeout', maybeRecorded: true });
    expect(error.attempts).toBeLessThan(5);
    expect(emulator.counts.requests).toBeLessThanOrEqual(error.attempts);
  });

  it('tells what came of the attempt before', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    emulator.faults.add({ kind: 'hang' });
    const error = await failureOf(client.send(inorganicInstall(), { deadlineMs: 500 }));
    expect(error).toMatchObject({ code: 'timeout', attempts: 2, status: 503 });
    expect(error.message).toMatch(/passed while a request was under way; before, 127\.0\.0\.1:\d+ answered 503/);
  });

  it('ends events that wait for a place, of which nothing is begun any more', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 2 } });
    await Promise.all([client.send(inorganicInstall()), client.send(inorganicInstall())]);
    emulator.faults.add({ kind: 'hang' });
    const failures = Array.from({ length: 40 }, () => failureOf(client.send(customEvent(), { deadlineMs: 300 })));
    await expect.poll(() => emulator.counts.byEventType['Add_to_cart']).toBe(2);
    // All of them are late at once, as after a pause of the process.
    for (const until = performance.now() + 400; performance.now() < until;);
    const errors = await Promise.all(failures);
    expect(errors.map(({ code, attempts, maybeRecorded }) => `${code} ${attempts} ${maybeRecorded}`)).toEqual([
      ...Array<string>(2).fill('timeout 1 true'),
      ...Array<string>(38).fill('timeout 0 false'),
    ]);
    expect(errors[5]?.message).toContain('while the event waited for a place among the requests in flight');
    expect(emulator.counts.byEventType).toEqual({ inorganic_install: 2, Add_to_cart: 2 });
    expect(told('attempt').filter(({ outcome }) => outcome === 'timeout')).toHaveLength(2);
    expect(client.counters()).toMatchObject({ inFlight: 0, pending: 0, attempts: 4 });
  });

  it('of a call goes before the client’s, and may be endless', async () => {
    const { client, emulator } = await connectedClient({ deadlineMs: 50 });
    emulator.faults.add({ kind: 'latency', ms: 150 });
    expect(await client.send(inorganicInstall(), { deadlineMs: 10_000 })).toMatchObject({ attempts: 1 });
    expect(await client.send(inorganicInstall(), { deadlineMs: Infinity })).toMatchObject({ attempts: 1 });
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ code: 'timeout' });
  });

  it('of a forward() runs for each event from its first attempt on', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 1 } });
    emulator.faults.add({ kind: 'latency', ms: 40 });
    const source = Array.from({ length: 12 }, () => ({ event: inorganicInstall() }));
    // Together they take 480 ms, of which each has to wait for those before it.
    const { items } = await collect(client.forward(source, { deadlineMs: 300 }));
    expect(items.map(({ status }) => status)).toEqual(source.map(() => 'delivered'));
  });
});

describe('the options of a call', () => {
  it.each([
    [{ timeoutMs: 0 }, 'options: timeoutMs: must be a number of milliseconds greater than 0'],
    [{ timeoutMs: Number.NaN }, 'options: timeoutMs: must be a number of milliseconds greater than 0'],
    [{ timeoutMs: '5' }, 'options: timeoutMs: must be a number of milliseconds greater than 0'],
    [{ timeoutMs: 2 ** 31 }, 'options: timeoutMs: must be less than 2^31 milliseconds'],
    [{ deadlineMs: -1 }, 'options: deadlineMs: must be a number of milliseconds greater than 0, or Infinity'],
    [{ deadlineMs: 0 }, 'options: deadlineMs: must be a number of milliseconds greater than 0, or Infinity'],
    [{ signal: {} }, 'options: signal: must be an AbortSignal'],
    [{ signal: new AbortController() }, 'options: signal: must be an AbortSignal'],
    [
      { timeoutMs: 0, deadlineMs: 0 },
      'options: timeoutMs: must be a number of milliseconds greater than 0; deadlineMs: must be a number of milliseconds greater than 0, or Infinity',
    ],
  ] as const)('are checked: %o', async (options, message) => {
    const { client, emulator } = await connectedClient();
    const error = await failureOf(client.send(inorganicInstall(), options as object));
    expect(error).toMatchObject({ code: 'validation', attempts: 0, message });
    expect(emulator.connections.total).toBe(0);
    expect(client.counters()).toMatchObject({ accepted: 0, refused: 1 });
  });

  it.each([{ timeout: 5 }, null, 5])('are nothing else: %o', async (options) => {
    const { client } = await connectedClient();
    expect(await failureOf(client.send(inorganicInstall(), options as object))).toMatchObject({ code: 'validation' });
  });
});
