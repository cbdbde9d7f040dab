import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient, timeoutFor, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { beginOutage } from '../support/outage.js';

const patience = { maxAttempts: 100_000, initialDelayMs: 1, maxDelayMs: 10 } as const;

function installs(count: number) {
  return Array.from({ length: count }, (_, index) => ({ event: inorganicInstall(), id: String(index) }));
}

afterEach(() => {
  vi.useRealTimers();
});

describe('forward() through a full outage', () => {
  it('uses up the retry budget, then waits behind one probe at a time, and delivers everything afterwards', async () => {
    const besidesProbe: number[] = [];
    let suspendedAfter: number | undefined;
    const { client, emulator, told } = await connectedClient({
      retry: patience,
      concurrency: { perProject: 5 },
      onNotice: ({ type }) => {
        if (type === 'retries_suspended') suspendedAfter = client.counters().attempts;
        if (type === 'attempt' && suspendedAfter !== undefined) besidesProbe.push(client.counters().inFlight);
      },
    });
    const outage = emulator.faults.add({ kind: 'status', status: 503 });
    const run = collect(client.forward(installs(80)));
    await expect.poll(() => besidesProbe.length, { timeout: 10_000 }).toBeGreaterThan(40);
    expect(told('retries_suspended')).toMatchObject([{ region: 'eu', host: new URL(emulator.baseUrl).host }]);
    // First attempts and the budget's 100 retries; then those five that were in flight, then nothing beside the probe.
    expect(suspendedAfter).toBeLessThanOrEqual(80 + 100);
    expect(besidesProbe.slice(5, 40)).toEqual(Array(35).fill(0));
    expect(client.counters()).toMatchObject({ pending: 80, failed: 0 });
    outage.remove();
    const { items } = await run;
    expect(items.map(({ status }) => status)).toEqual(Array(80).fill('delivered'));
    expect(new Set(items.map(({ id }) => id)).size).toBe(80);
    expect(emulator.counts.recorded).toBe(80);
    expect(told('retries_resumed')).toMatchObject([{ region: 'eu' }]);
  });

  it('begins no event while it lasts, whatever was read before', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience, concurrency: { perProject: 4 } });
    const outage = await beginOutage(client, emulator);
    outage.remove();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60 });
    const before = emulator.counts.requests;
    const run = collect(client.forward(installs(200)));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect.poll(() => client.counters().inFlight).toBe(0);
    // Four were in flight, and each hands its place on before its failure is known to be one too many.
    expect(emulator.counts.requests - before).toBeLessThanOrEqual(8);
    expect(client.counters().pending).toBe(200);
    await client.close({ timeoutMs: 0 });
    expect((await run).items).toHaveLength(200);
  });

  it('waits before a probe as long as the server asks', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    (await beginOutage(client, emulator)).remove();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 1, times: 1 });
    const before = emulator.counts.requests;
    await collect(client.forward(installs(1)));
    const [failed, probe] = emulator.received.slice(before);
    expect(told('retries_suspended')).toHaveLength(1);
    expect((probe?.at ?? 0) - (failed?.at ?? 0)).toBeGreaterThanOrEqual(998);
  });

  it.each([400, 401, 404])('takes %i for a sign of life', async (status) => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    const outage = await beginOutage(client, emulator);
    const run = collect(client.forward(installs(20)));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    emulator.faults.add({ kind: 'status', status, times: 1 });
    outage.remove();
    const { items } = await run;
    expect(told('retries_resumed')).toHaveLength(1);
    expect(items.filter((item) => item.status === 'delivered')).toHaveLength(19);
    expect(items.filter((item) => item.error?.status === status)).toHaveLength(1);
  });

  it('takes 429 for one as well, which is the business of its project', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    const outage = await beginOutage(client, emulator);
    const run = collect(client.forward(installs(20)));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect.poll(() => client.counters().inFlight).toBeLessThanOrEqual(1);
    // Nothing but 429 comes from here on, and that is enough for the gate to open.
    const limited = emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, times: 1 });
    outage.remove();
    await expect.poll(() => told('retries_resumed')).toHaveLength(1);
    expect([limited.struck, told('limit').length]).toEqual([1, 1]);
    await client.close({ timeoutMs: 0 });
    expect((await run).items).toHaveLength(20);
    // Yet none of those that the gate let through was sent, as all are of the project that has to wait.
    expect(emulator.received.at(-1)).toMatchObject({ status: 429 });
  });

  it.each([
    ['reset', { kind: 'reset_after' }],
    ['time-out', { kind: 'hang' }],
  ] as const)('takes no %s for one', async (_, fault) => {
    const { client, emulator, told } = await connectedClient({ retry: patience, timeoutMs: timeoutFor(fault) });
    const outage = await beginOutage(client, emulator);
    const run = collect(client.forward(installs(5)));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect.poll(() => client.counters().inFlight).toBeLessThanOrEqual(1);
    const trouble = emulator.faults.add({ ...fault, times: 3 });
    outage.remove();
    const { items } = await run;
    expect(trouble.struck).toBe(3);
    expect(told('retries_resumed')).toHaveLength(1);
    const lastTrouble = emulator.received.findLastIndex(({ outcome }) => outcome === 'fault');
    expect(emulator.received.slice(lastTrouble + 1).every(({ recorded }) => recorded)).toBe(true);
    expect(items.every(({ status }) => status === 'delivered')).toBe(true);
  });

  it('goes on in the other regions', async () => {
    const accounts = {
      in: canaryCredentials({ projectId: 'IN', region: 'in' }),
      us: canaryCredentials({ projectId: 'US', region: 'us' }),
    };
    const emulator = await startEmulator({ accounts: Object.values(accounts) });
    onTestFinished(() => emulator.close());
    const { client, told } = watchedClient({ baseUrl: emulator.baseUrl, retry: patience });
    const outage = emulator.faults.add({ kind: 'status', status: 503, region: 'in' });
    const source = Array.from({ length: 60 }, (_, index) => ({
      event: inorganicInstall(),
      projectId: index % 2 === 0 ? 'IN' : 'US',
    }));
    const credentials = (projectId: string) => (projectId === 'IN' ? accounts.in : accounts.us);
    const run = collect(client.forward(source, { credentials }));
    await expect.poll(() => client.counters().delivered, { timeout: 10_000 }).toBe(30);
    await expect.poll(() => told('retries_suspended')).toMatchObject([{ region: 'in' }]);
    expect(emulator.counts.byRegion['us']).toBe(30);
    outage.remove();
    const { items } = await run;
    expect(items.every(({ status }) => status === 'delivered')).toBe(true);
  });

  it('takes neither time nor attempts from an event behind the gate, however long it lasts', async () => {
    const limits = { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 10 } as const;
    const { client, emulator, told } = await connectedClient({ retry: limits, deadlineMs: 1000 });
    const began = Date.now();
    const outage = await beginOutage(client, emulator);
    const run = collect(client.forward(installs(20)));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    const probesBefore = emulator.counts.requests;
    // Each of them has probed more often than it may be tried, and their time would be up long since.
    await expect.poll(() => emulator.counts.requests - probesBefore).toBeGreaterThan(20 * 4);
    await expect.poll(() => Date.now() - began).toBeGreaterThan(2500);
    expect(client.counters()).toMatchObject({ pending: 20 });
    // A send() cannot wait: it fails with what it was answered, and says why it was not tried again.
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'service_unavailable', attempts: 1, status: 503, retryable: true });
    expect(error.message).toContain('retry budget');
    outage.remove();
    const { items } = await run;
    expect(items.map(({ status }) => status)).toEqual(Array(20).fill('delivered'));
    expect(items.some(({ delivery }) => (delivery?.attempts ?? 0) > limits.maxAttempts)).toBe(true);
  });

  it('leaves an event the attempts that it has used up before, and counts on afterwards', async () => {
    const limits = { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 10 } as const;
    const { client, emulator, told } = await connectedClient({ retry: limits });
    const outage = await beginOutage(client, emulator);
    const run = collect(client.forward([{ event: customEvent('unlucky') }]));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    await expect
      .poll(() => emulator.received.filter((entry) => entry.eventType === 'unlucky').length)
      .toBeGreaterThan(5);
    // The region is back, for everybody but this event: 429 opens the gate, and counts.
    emulator.faults.add({ kind: 'status', status: 429, eventType: 'unlucky' });
    outage.remove();
    const { items } = await run;
    expect(told('retries_resumed')).toHaveLength(1);
    const after = emulator.received.filter(({ eventType, status }) => eventType === 'unlucky' && status === 429);
    // One was used up before the gate closed, and two are left.
    expect([items[0]?.error?.code, after.length]).toEqual(['rate_limited', 2]);
  });

  it('hands the place of the probe on when its event runs out of time', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    const outage = await beginOutage(client, emulator);
    // Many times what may be in flight: the time of those that were tried before the gate closed runs out with the probe's.
    const run = collect(client.forward(installs(100), { deadlineMs: 400 }));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    outage.remove();
    emulator.faults.add({ kind: 'hang', times: 1 });
    const { items } = await run;
    const late = items.filter(({ error }) => error?.code === 'timeout');
    expect(late.length).toBeGreaterThanOrEqual(1);
    expect(items.filter(({ status }) => status === 'delivered').length).toBe(100 - late.length);
    expect(late.length).toBeLessThan(100);
  });

  it('lets a single send() through, which cannot wait', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    const outage = await beginOutage(client, emulator);
    outage.remove();
    const still = emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60, times: 1 });
    const run = collect(client.forward(installs(3), { deadlineMs: Infinity }));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    expect(still.struck).toBe(1);
    // It is delivered, and so shows that the region is back, long before a probe is due.
    expect(await client.send(customEvent())).toMatchObject({ attempts: 1 });
    expect(told('retries_resumed')).toHaveLength(1);
    // Those that were never asked to wait go at once; the one that was waits as long as it was asked.
    await expect.poll(() => client.counters().pending).toBe(1);
    await client.close({ timeoutMs: 0 });
    expect((await run).items.map(({ status }) => status).sort()).toEqual(['delivered', 'delivered', 'failed']);
  });
});

describe('5xx for more than ten minutes', () => {
  const MINUTE = 60_000;

  async function clientOnAnotherClock() {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
    return connectedClient({ retry: { maxAttempts: 1 } });
  }

  it('is an outage, announced once, and once more when it is over', async () => {
    const { client, emulator, told } = await clientOnAnotherClock();
    emulator.faults.add({ kind: 'status', status: 503, times: 14 });
    const host = new URL(emulator.baseUrl).host;
    const since = new Date(Date.UTC(2026, 0, 1));
    for (let minute = 0; minute < 14; minute += 1) {
      await failureOf(client.send(inorganicInstall({ timestamp: null })));
      const announced = minute > 10;
      expect(told('outage')).toHaveLength(announced ? 1 : 0);
      expect(client.regions()[0]?.outageSince).toEqual(announced ? since : undefined);
      vi.setSystemTime(Date.now() + MINUTE);
    }
    expect(told('outage')).toEqual([
      {
        type: 'outage',
        region: 'eu',
        host,
        since,
        message: expect.stringContaining('write to CleverTap support') as string,
      },
    ]);
    expect(told('outage_ended')).toEqual([]);
    await client.send(inorganicInstall({ timestamp: null }));
    await client.send(inorganicInstall({ timestamp: null }));
    expect(told('outage_ended')).toEqual([
      { type: 'outage_ended', region: 'eu', host, since, message: expect.stringContaining('no longer') as string },
    ]);
    expect(client.regions()[0]?.outageSince).toBeUndefined();
  });

  it('is none where another answer came in between', async () => {
    const { client, emulator, told } = await clientOnAnotherClock();
    for (let minute = 0; minute < 20; minute += 1) {
      emulator.faults.add({ kind: 'status', status: minute === 9 ? 429 : 500, times: 1 });
      await failureOf(client.send(inorganicInstall({ timestamp: null })));
      vi.setSystemTime(Date.now() + MINUTE);
    }
    expect(told('outage')).toEqual([]);
  });

  it('is the business of its region alone', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
    const accounts = [
      canaryCredentials({ projectId: 'A', region: 'in' }),
      canaryCredentials({ projectId: 'B', region: 'us' }),
    ];
    const emulator = await startEmulator({ accounts });
    onTestFinished(() => emulator.close());
    const { client, told } = watchedClient({ baseUrl: emulator.baseUrl, retry: { maxAttempts: 1 } });
    const [bad, good] = accounts.map((account) => client.project(account));
    emulator.faults.add({ kind: 'status', status: 503, region: 'in' });
    for (let minute = 0; minute < 12; minute += 1) {
      await Promise.allSettled([
        bad?.send(inorganicInstall({ timestamp: null })),
        good?.send(inorganicInstall({ timestamp: null })),
      ]);
      vi.setSystemTime(Date.now() + MINUTE);
    }
    expect(told('outage').map(({ region }) => region)).toEqual(['in']);
    expect(client.regions().map(({ region, outageSince }) => [region, outageSince !== undefined])).toEqual([
      ['in', true],
      ['us', false],
    ]);
  });

  it('shows in the delivered share, which forgets after an hour', async () => {
    const { client, emulator } = await clientOnAnotherClock();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    emulator.faults.add({ kind: 'status', status: 400, times: 1 });
    for (let index = 0; index < 5; index += 1) {
      await client.send(inorganicInstall({ timestamp: null })).catch(() => undefined);
    }
    // The 400 was an answer of a service that is there, and says nothing about its availability.
    expect(client.regions()).toMatchObject([{ requests: 4, delivered: 3, share: 0.75 }]);
    vi.setSystemTime(Date.now() + 61 * MINUTE);
    expect(client.regions()).toMatchObject([{ requests: 0, delivered: 0, share: undefined }]);
  });
});
