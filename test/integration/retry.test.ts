import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AnyAttributionError } from '../../src/errors.js';
import { startEmulator, type FaultBehaviour } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { connectedClient, QUICK, timeoutFor, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall, ONE_OF_EACH } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the next attempt', () => {
  it('does not wait behind the backlog of its project', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 2 }, retry: QUICK });
    emulator.faults.add({ kind: 'latency', ms: 5 });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    const backlog = Array.from({ length: 200 }, () => client.send(inorganicInstall()));
    expect(await backlog[0]).toMatchObject({ attempts: 2 });
    expect(emulator.counts.requests).toBeLessThan(50);
    await Promise.all(backlog);
  });
});

describe('the number of attempts', () => {
  it('is five where nothing is said', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 503 });
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 5 });
    expect(emulator.counts.requests).toBe(5);
  });

  it.each([1, 2, 7])('is %i where that is said', async (maxAttempts) => {
    const { client, emulator } = await connectedClient({ retry: { ...QUICK, maxAttempts } });
    emulator.faults.add({ kind: 'status', status: 503 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error.attempts).toBe(maxAttempts);
    expect(error.message).toContain(maxAttempts === 1 ? 'gave up after 1 attempt' : `after ${maxAttempts} attempts`);
    expect(emulator.counts.requests).toBe(maxAttempts);
  });

  it('counts failures of whichever kind', async () => {
    const { client, emulator } = await connectedClient({ retry: { ...QUICK, maxAttempts: 4 } });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    emulator.faults.add({ kind: 'reset_after', times: 1 });
    emulator.faults.add({ kind: 'status', status: 429, times: 1 });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 4, maybeDuplicate: true });
  });

  it('ends early with an answer that is final', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 504, times: 1 });
    emulator.faults.add({ kind: 'status', status: 401 });
    const error = await failureOf(client.send(inorganicInstall()));
    // The first attempt may have been recorded, whatever came of the second.
    expect(error).toMatchObject({ code: 'authentication', attempts: 2, maybeRecorded: true, status: 401 });
    expect(emulator.counts.requests).toBe(2);
  });
});

describe('the delay before a retry', () => {
  it('is anything from nothing to an upper end that doubles, up to the cap', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { client, emulator, told } = await connectedClient({
      retry: { maxAttempts: 5, initialDelayMs: 4, maxDelayMs: 12, factor: 2 },
    });
    emulator.faults.add({ kind: 'status', status: 503 });
    await failureOf(client.send(inorganicInstall()));
    expect(told('retry').map(({ attempt, delayMs, code }) => [attempt, delayMs, code])).toEqual([
      [1, 2, 'service_unavailable'],
      [2, 4, 'service_unavailable'],
      [3, 6, 'service_unavailable'],
      [4, 6, 'service_unavailable'],
    ]);
  });

  it('is waited for', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    const { client, emulator } = await connectedClient({ retry: { initialDelayMs: 60, maxDelayMs: 60 } });
    emulator.faults.add({ kind: 'status', status: 503, times: 2 });
    expect((await client.send(inorganicInstall())).durationMs).toBeGreaterThanOrEqual(119);
    const [first = 0, second = 0, third = 0] = emulator.received.map(({ at }) => at);
    expect(second - first).toBeGreaterThanOrEqual(58);
    expect(third - second).toBeGreaterThanOrEqual(58);
  });

  it('is none after the connection was reset, the first time', async () => {
    const { client, emulator, told } = await connectedClient({ retry: { initialDelayMs: 20, maxDelayMs: 20 } });
    await client.send(inorganicInstall());
    emulator.faults.add({ kind: 'reset_before', times: 1 });
    emulator.faults.add({ kind: 'reset_after', times: 1 });
    await client.send(inorganicInstall());
    const [first, second] = told('retry').map(({ delayMs }) => delayMs);
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(0);
  });
});

describe('Retry-After', () => {
  it('of any answer that passes is the least that is waited, in seconds or as a date, whatever the own back-off', async () => {
    const at = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    const date: FaultBehaviour = { kind: 'status', status: 503, retryAfter: new Date(at).toUTCString() };
    const body = '{"status":"fail","error":"slow down","code":429}';
    const seconds = [408, 425, 429, 500, 502, 503].map(
      (status) => ({ kind: 'status', status, retryAfter: 1 }) as const,
    );
    const answers: FaultBehaviour[] = [...seconds, { kind: 'status', status: 200, body, retryAfter: 1 }, date];
    await Promise.all(
      answers.map(async (answer) => {
        // maxDelayMs is a few milliseconds here: it caps the back-off, not the server's wish.
        const { client, emulator, told } = await connectedClient();
        emulator.faults.add({ ...answer, times: 1 });
        expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 2 });
        const [first = 0, second = 0] = emulator.received.map((entry) => entry.at);
        expect(second).toBeGreaterThanOrEqual(answer === date ? at - 2 : first + 998);
        if (answer !== date) expect(told('retry')).toMatchObject([{ delayMs: 1000 }]);
      }),
    );
  });

  it('does not shorten a back-off that is longer', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { client, emulator, told } = await connectedClient({ retry: { initialDelayMs: 60, maxDelayMs: 60 } });
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 0, times: 1 });
    await client.send(inorganicInstall());
    expect(told('retry')).toMatchObject([{ delayMs: 30 }]);
  });

  it('that nobody can read is none', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 'soon' });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'service_unavailable', attempts: 5 });
    expect(error.retryAfterMs).toBeUndefined();
  });

  it.each([
    [429, 'rate_limited'],
    [503, 'service_unavailable'],
  ] as const)('beyond the deadline ends the event at once, on %i', async (status, code) => {
    const { client, emulator, told } = await connectedClient({ deadlineMs: 5_000 });
    emulator.faults.add({ kind: 'status', status, retryAfter: 6 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code, attempts: 1, retryAfterMs: 6000, retryable: true });
    expect(error.message).toContain('it asks to wait 6 s');
    expect(error.message).toContain('left of deadlineMs');
    expect(emulator.counts.requests).toBe(1);
    expect(told('retry')).toEqual([]);
  });

  it('beyond the deadline of one call ends that call at once', async () => {
    const { client, emulator } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60 });
    const error = await failureOf(client.send(inorganicInstall(), { deadlineMs: 10_000 }));
    expect(error).toMatchObject({ attempts: 1, retryAfterMs: 60_000 });
  });

  it('stands on the error of an answer that is final', async () => {
    const { client, emulator } = await connectedClient({ retry: { ...QUICK, maxAttempts: 1 } });
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 120 });
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 1, retryAfterMs: 120_000 });
  });
});

describe('an own back-off beyond the deadline', () => {
  it('ends the event at once', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { client, emulator } = await connectedClient({
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000 },
      deadlineMs: 10_000,
    });
    emulator.faults.add({ kind: 'status', status: 503 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'service_unavailable', attempts: 1 });
    expect(error.message).toContain('the next attempt was due in 30 s');
  });
});

describe('whenMaybeRecorded: "stop"', () => {
  const retry = { ...QUICK, whenMaybeRecorded: 'stop' } as const;

  it.each([
    ['a time-out', { kind: 'hang' }, 'timeout'],
    ['half an answer', { kind: 'stalled_body' }, 'timeout'],
    ['a broken answer', { kind: 'broken_body' }, 'network'],
    ['a reset', { kind: 'reset_after' }, 'network'],
    ['502', { kind: 'status', status: 502 }, 'service_unavailable'],
    ['504', { kind: 'status', status: 504 }, 'service_unavailable'],
  ] as const)('has no second request after %s', async (_, fault, code) => {
    const { client, emulator } = await connectedClient({ retry, timeoutMs: timeoutFor(fault) });
    emulator.faults.add(fault);
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code, attempts: 1, maybeRecorded: true });
    expect(error.message).toContain('whenMaybeRecorded is "stop"');
    expect(emulator.counts.requests).toBe(1);
  });

  it.each([429, 500, 503])('tries again after %i, which is not recorded', async (status) => {
    const { client, emulator } = await connectedClient({ retry });
    emulator.faults.add({ kind: 'status', status, times: 2 });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 3, maybeDuplicate: false });
  });

  it('never delivers an event twice', async () => {
    const { client, emulator } = await connectedClient({ retry, emulator: { seed: 7 } });
    emulator.faults.add({ kind: 'reset_after', probability: 0.2, recorded: true });
    emulator.faults.add({ kind: 'status', status: 504, probability: 0.2, recorded: true });
    emulator.faults.add({ kind: 'status', status: 503, probability: 0.3 });
    const names = Array.from({ length: 60 }, (_, index) => `event-${index}`);
    await Promise.allSettled(names.map((name) => client.send(customEvent(name))));
    const recorded = emulator.received.filter((entry) => entry.recorded).map(({ eventType }) => eventType);
    expect(recorded.length).toBeGreaterThan(30);
    expect(new Set(recorded).size).toBe(recorded.length);
  });
});

describe('the retry budget of a region', () => {
  const total = 400;

  it('bounds the requests when nothing but 503 comes', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 50 } });
    emulator.faults.add({ kind: 'status', status: 503 });
    const errors = await Promise.all(Array.from({ length: total }, () => failureOf(client.send(inorganicInstall()))));
    expect(emulator.counts.requests).toBe(total + 100);
    const broke = errors.filter(({ message }) => message.includes('the retry budget of region "eu" is used up'));
    expect(broke.length).toBeGreaterThanOrEqual(total - 25);
    expect(new Set(errors.map(({ code, retryable }) => `${code} ${retryable}`))).toEqual(
      new Set(['service_unavailable true']),
    );
    expect(errors.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(total + 100);
    expect(client.regions()).toMatchObject([{ retryBudget: 0 }]);
  });

  it('holds for send() only as far as retries go', async () => {
    const { client, emulator, told } = await connectedClient({ concurrency: { perProject: 50 } });
    const outage = emulator.faults.add({ kind: 'status', status: 503 });
    await Promise.all(Array.from({ length: 150 }, () => failureOf(client.send(inorganicInstall()))));
    outage.remove();
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 1 });
    expect(told('retries_suspended')).toEqual([]);
  });

  it('is refilled by deliveries, five for a retry', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 50 } });
    const outage = emulator.faults.add({ kind: 'status', status: 503 });
    await Promise.all(Array.from({ length: 150 }, () => failureOf(client.send(inorganicInstall()))));
    outage.remove();
    for (let delivered = 1; delivered <= 5; delivered += 1) {
      expect(client.regions()).toMatchObject([{ retryBudget: 0 }]);
      await client.send(inorganicInstall());
    }
    expect(client.regions()).toMatchObject([{ retryBudget: 1 }]);
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 2 });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 1 });
  });

  it('is of its region alone', async () => {
    const accounts = { in: canaryCredentials({ region: 'in' }), us: canaryCredentials({ region: 'us' }) };
    const emulator = await startEmulator({ accounts: Object.values(accounts) });
    onTestFinished(() => emulator.close());
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, concurrency: { perProject: 50 } });
    const [inProject, usProject] = [client.project(accounts.in), client.project(accounts.us)];
    emulator.faults.add({ kind: 'status', status: 503, region: 'in' });
    await Promise.all(Array.from({ length: 150 }, () => failureOf(inProject.send(inorganicInstall()))));
    emulator.faults.add({ kind: 'status', status: 503, region: 'us', times: 2 });
    expect(await usProject.send(inorganicInstall())).toMatchObject({ attempts: 3, region: 'us' });
    const left = Object.fromEntries(client.regions().map(({ region, retryBudget }) => [region, retryBudget]));
    expect(left).toEqual({ in: 0, us: 98 });
  });
});

describe('answers that are final', () => {
  it.each(ONE_OF_EACH)('take exactly one request for $type', async (event) => {
    const { client, emulator } = await connectedClient();
    const codes: AnyAttributionError['code'][] = [];
    for (const status of [400, 401, 403, 404, 405]) {
      emulator.faults.add({ kind: 'status', status, times: 1 });
      const error = await failureOf(client.send(event));
      expect(error.attempts).toBe(1);
      codes.push(error.code);
    }
    expect(codes).toEqual([
      'bad_request',
      'authentication',
      'authentication',
      'unexpected_response',
      'unexpected_response',
    ]);
    expect(emulator.counts.requests).toBe(5);
  });
});
