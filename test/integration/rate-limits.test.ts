import { describe, expect, it } from 'vitest';
import { isAttributionError } from '../../src/errors.js';
import type { ListeningEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { canaryEmulator, connectedClient, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn, failureOf } from '../support/failure-of.js';

// A refusal costs an event an attempt; how often one is unlucky depends on the machine.
const patience = { maxAttempts: 1000 } as const;

function installs(count: number, projectId?: string) {
  return Array.from({ length: count }, (_, index) => ({ event: inorganicInstall(), id: String(index), projectId }));
}

/** The arrival of each request of a project, in order. */
function arrivalsOf(emulator: ListeningEmulator<string>, projectId: string): number[] {
  return emulator.received.filter(({ accountId }) => accountId === projectId).map(({ at }) => at);
}

describe('an account that answers 429 above so many parallel requests', () => {
  it.each([1, 2, 3, 7])('gets as many as it bears (%i), seldom one more, and everything in the end', async (bears) => {
    const arrivals: { readonly inFlight: number; readonly settled: boolean; readonly status: number | undefined }[] =
      [];
    const { client, emulator, told, notices } = await connectedClient({
      retry: patience,
      emulator: {
        onRequest: ({ status }) => {
          const settled = told('limit').some(({ limit }) => limit <= bears);
          arrivals.push({ inFlight: client.counters().inFlight, settled, status });
        },
      },
    });
    emulator.faults.add({ kind: 'parallel_limit', most: bears });
    emulator.faults.add({ kind: 'latency', ms: 2 });
    const { items } = await collect(client.forward(installs(150 * bears)));
    expect(items.map(({ status }) => status)).toEqual(Array(150 * bears).fill('delivered'));
    expect(emulator.counts.recorded).toBe(150 * bears);
    expect(told('limit')[0]).toMatchObject({ limit: 5, because: 'rate_limited', pausedMs: 0 });

    const firstSettled = arrivals.findIndex(({ settled }) => settled);
    // Those that were under way when it settled are not its fault; ten may have been.
    const afterwards = arrivals.slice(firstSettled + 10);
    const most = Math.max(...afterwards.map(({ inFlight }) => inFlight));
    expect(most).toBeGreaterThan(bears);
    // Where one more happens not to be there all at once, it is not refused, and yet another is tried.
    expect(most).toBeLessThanOrEqual(bears + 2);
    const refused = afterwards.filter(({ status }) => status === 429).length;
    expect(refused).toBeGreaterThan(0);
    expect(refused / afterwards.length).toBeLessThan(0.15);
    expectNothingSecretIn(notices);
  });

  it('gets more again when it bears more', async () => {
    const { client, emulator, told } = await connectedClient({ retry: patience });
    const limit = emulator.faults.add({ kind: 'parallel_limit', most: 2 });
    const slow = emulator.faults.add({ kind: 'latency', ms: 2 });
    await collect(client.forward(installs(100)));
    expect(told('limit').at(-1)?.limit).toBeLessThanOrEqual(3);
    limit.remove();
    slow.remove();
    await collect(client.forward(installs(1000)));
    expect(told('limit').at(-1)).toMatchObject({ limit: 10, because: 'recovered' });
  });

  it('costs the others nothing, and the region none of its retry budget', async () => {
    const ids = ['LIMITED', 'OTHER'];
    const emulator = await canaryEmulator({ accounts: ids.map((projectId) => canaryCredentials({ projectId })) });
    const { client, told } = watchedClient({ baseUrl: emulator.baseUrl, retry: patience });
    emulator.faults.add({ kind: 'parallel_limit', most: 1, projectId: 'LIMITED' });
    emulator.faults.add({ kind: 'latency', ms: 1 });
    const source = installs(200).map((record, index) => ({ ...record, projectId: ids[index % 2] }));
    const credentials = (projectId: string) => canaryCredentials({ projectId });
    const { items } = await collect(client.forward(source, { credentials }));
    expect(items.every(({ status }) => status === 'delivered')).toBe(true);
    expect(new Set(told('limit').map(({ projectId }) => projectId))).toEqual(new Set(['LIMITED']));
    expect(
      told('attempt').filter((attempt) => attempt.outcome === 'rate_limited' && attempt.projectId === 'OTHER'),
    ).toEqual([]);
    expect(client.regions()).toMatchObject([{ retryBudget: 100 }]);
    expect(told('retries_suspended')).toEqual([]);
  });
});

describe('Retry-After with a 429', () => {
  it('is the time in which nothing of the project is sent, whatever else it has to send', async () => {
    const accounts = ['ASKED', 'OTHER'].map((projectId) => canaryCredentials({ projectId }));
    const emulator = await canaryEmulator({ accounts });
    let begunByThen = 0;
    const { client, told } = watchedClient({
      baseUrl: emulator.baseUrl,
      retry: patience,
      onNotice: ({ type }) => {
        // What was under way by then was sent before the client knew.
        if (type === 'limit' && begunByThen === 0) begunByThen = client.counters().attempts;
      },
    });
    const [asked, other] = accounts.map((account) => client.project(account));
    if (asked === undefined || other === undefined) throw new Error('there are two');
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 1, projectId: 'ASKED', times: 1 });
    const first = asked.send(customEvent('first'));
    await expect.poll(() => told('limit')).toHaveLength(1);
    expect(told('limit')).toMatchObject([{ projectId: 'ASKED', pausedMs: 1000 }]);
    const sends = Array.from({ length: 30 }, () => asked.send(inorganicInstall()));
    const run = collect(client.forward(installs(30, 'ASKED'), { credentials: () => accounts[0] }));
    await Promise.all(Array.from({ length: 20 }, () => other.send(inorganicInstall())));
    await Promise.all([first, ...sends]);
    expect((await run).items.every(({ status }) => status === 'delivered')).toBe(true);
    const [refusedAt = 0, ...later] = arrivalsOf(emulator, 'ASKED');
    expect([begunByThen, later.length]).toEqual([1, 61]);
    // Both clocks are rounded to milliseconds.
    expect(Math.min(...later) - refusedAt).toBeGreaterThanOrEqual(998);
  });

  it('holds as well for those that were under way beside it and failed for other reasons', async () => {
    const emulator = await canaryEmulator();
    let begunByThen = 0;
    const { client } = watchedClient({
      baseUrl: emulator.baseUrl,
      retry: patience,
      onNotice: ({ type }) => {
        if (type === 'limit' && begunByThen === 0) begunByThen = client.counters().attempts;
      },
    });
    emulator.faults.add({ kind: 'status', status: 503, eventType: 'unavailable', times: 5 });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 1, times: 1 });
    const names = [...Array<string>(5).fill('unavailable'), 'limited'];
    await Promise.all(names.map((name) => client.send(customEvent(name))));
    const refusedAt = emulator.received.find(({ status }) => status === 429)?.at ?? 0;
    const later = emulator.received.slice(begunByThen);
    expect(later.length).toBeGreaterThan(0);
    expect(Math.min(...later.map(({ at }) => at)) - refusedAt).toBeGreaterThanOrEqual(998);
  });

  it('beyond the time that an event has left fails it at once, and says when to come back', async () => {
    const { client, emulator, told } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, times: 1 });
    const first = await failureOf(client.send(inorganicInstall()));
    expect(first).toMatchObject({ code: 'rate_limited', attempts: 1, retryAfterMs: 3_600_000 });
    const errors = await Promise.all([1, 2, 3].map(() => failureOf(client.send(inorganicInstall()))));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'rate_limited', attempts: 0, retryable: true });
      expect(error.retryAfterMs).toBeGreaterThan(3_500_000);
      expect(error.message).toMatch(/is left alone for another \d+ s/);
    }
    expect([emulator.counts.requests, told('limit').length]).toEqual([1, 1]);
    expect(client.counters()).toMatchObject({ pending: 0, projectsOnHold: 0 });
  });

  it('of any length is waited for by forward(), whose events have all the time they need', async () => {
    const other = canaryCredentials({ projectId: 'OTHER' });
    const { client, emulator, told } = await connectedClient({ emulator: { accounts: [canaryCredentials(), other] } });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, times: 1 });
    await failureOf(client.send(inorganicInstall()));
    const run = collect(client.forward(installs(50)));
    await expect.poll(() => client.counters().pending).toBe(50);
    // The others go on.
    const { items: ofOthers } = await collect(client.forward(installs(50, 'OTHER'), { credentials: () => other }));
    expect(ofOthers.every(({ status }) => status === 'delivered')).toBe(true);
    await client.close({ timeoutMs: 0 });
    const { items } = await run;
    expect(items.map(({ error }) => error?.code)).toEqual(Array(50).fill('closed'));
    expect([emulator.counts.requests, told('limit').length]).toEqual([51, 1]);
  });
});

describe('an account that answers nothing but 429', () => {
  it('is asked one at a time, and less and less', async () => {
    const { client, emulator, told } = await connectedClient({ retry: { maxAttempts: 4 } });
    emulator.faults.add({ kind: 'status', status: 429 });
    const ends = await Promise.allSettled(Array.from({ length: 12 }, () => client.send(inorganicInstall())));
    for (const end of ends) {
      const error: unknown = end.status === 'rejected' ? end.reason : undefined;
      expect(isAttributionError(error) && [error.code, error.attempts]).toEqual(['rate_limited', 4]);
    }
    expect(
      told('limit')
        .map(({ limit }) => limit)
        .slice(0, 3),
    ).toEqual([5, 2, 1]);
    expect(told('limit').filter(({ limit, pausedMs }) => limit === 1 && pausedMs > 0).length).toBeGreaterThan(5);
    expect(told('limit').filter(({ because }) => because === 'recovered')).toEqual([]);
    expect(client.regions()).toMatchObject([{ retryBudget: 100 }]);
  });
});
