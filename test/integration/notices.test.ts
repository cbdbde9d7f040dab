import { describe, expect, it, onTestFinished } from 'vitest';
import { AttributionClient } from '../../src/client.js';
import type { Notice } from '../../src/observe/notice.js';
import type { Counters } from '../../src/observe/counters.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator, connectedClient, QUICK, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall, organicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';

/** A listener as JavaScript may have it, whatever it returns. */
function anything(listener: () => unknown): () => void {
  return listener;
}

const anyDuration = expect.any(Number) as number;

describe('the notices of an event', () => {
  it('are one for its attempt and one for its delivery', async () => {
    const { client, emulator, notices } = await connectedClient();
    await client.send(organicInstall());
    const about = {
      projectId: 'TEST-111-222Z',
      region: 'eu',
      host: new URL(emulator.baseUrl).host,
      eventType: 'organic_install',
    };
    expect(notices).toEqual([
      {
        type: 'attempt',
        ...about,
        attempt: 1,
        outcome: 'delivered',
        status: 200,
        maybeRecorded: false,
        durationMs: anyDuration,
      },
      {
        type: 'delivered',
        ...about,
        attempts: 1,
        confirmed: true,
        maybeDuplicate: false,
        status: 200,
        durationMs: anyDuration,
      },
    ]);
  });

  it('tell of each attempt and each retry, in order', async () => {
    const { client, emulator, notices } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 504, times: 1 });
    emulator.faults.add({ kind: 'reset_after', times: 1 });
    emulator.faults.add({ kind: 'empty_200', times: 1 });
    await client.send(customEvent());
    const told = notices.map((notice) => {
      switch (notice.type) {
        case 'attempt':
          return ['attempt', notice.attempt, notice.outcome, notice.status, notice.maybeRecorded];
        case 'retry':
          return ['retry', notice.attempt, notice.code];
        case 'delivered':
          return ['delivered', notice.attempts, notice.confirmed, notice.maybeDuplicate];
        default:
          return [notice.type];
      }
    });
    expect(told).toEqual([
      ['attempt', 1, 'service_unavailable', 504, true],
      ['retry', 1, 'service_unavailable'],
      ['attempt', 2, 'network', undefined, true],
      ['retry', 2, 'network'],
      ['attempt', 3, 'delivered', 200, false],
      ['delivered', 3, false, true],
    ]);
    expect(notices.every((notice) => 'eventType' in notice && notice.eventType === 'custom')).toBe(true);
  });

  it('end with the very error that the caller gets', async () => {
    const { client, emulator, told, notices } = await connectedClient();
    emulator.faults.add({ kind: 'status', status: 401 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(notices.map(({ type }) => type)).toEqual(['attempt', 'failed']);
    expect(told('failed')[0]?.error).toBe(error);
  });

  it('are none for an event that was not accepted', async () => {
    const { client, notices } = await connectedClient({ maxPending: 1 });
    await failureOf(client.send({} as never));
    await failureOf(client.send(inorganicInstall(), { signal: AbortSignal.abort() }));
    const pending = client.send(inorganicInstall());
    await failureOf(client.send(inorganicInstall()));
    expect(notices).toEqual([]);
    await pending;
  });
});

describe('a listener', () => {
  function watchWarnings(): Error[] {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => {
      process.off('warning', onWarning);
    });
    return warnings;
  }

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken listener: canary-token-5f0c2a');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken listener: canary-token-5f0c2a'))],
    [
      'throws something else than an error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw undefined;
      },
    ],
  ])('that %s costs no event, and is reported once for all, without what it threw', async (_, onNotice) => {
    const warnings = watchWarnings();
    const emulator = await canaryEmulator();
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, onNotice: anything(onNotice) });
    emulator.faults.add({ kind: 'status', status: 503, times: 2 });
    emulator.faults.add({ kind: 'status', status: 400, eventType: 'bad' });
    await Promise.all(Array.from({ length: 10 }, () => client.send(inorganicInstall())));
    await failureOf(client.send(customEvent('bad')));
    expect(client.counters()).toMatchObject({ delivered: 10, failed: 1, pending: 0, inFlight: 0 });
    await expect.poll(() => warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ name: 'ClevertapAttributionWarning' });
    expect(warnings[0]?.message).toContain('onNotice threw');
    expect(warnings[0]?.message).not.toContain('canary');
  });

  it('that returns a promise is not waited for', async () => {
    const { client } = await connectedClient({ onNotice: anything(() => new Promise(() => undefined)) });
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
  });

  it('may send another event', async () => {
    const emulator = await canaryEmulator();
    let followUp: Promise<unknown> | undefined;
    const client: AttributionClient = new AttributionClient({
      partnerName: 'airbridge',
      credentials: canaryCredentials(),
      baseUrl: emulator.baseUrl,
      concurrency: { total: 1 },
      onNotice: ({ type }) => {
        if (type === 'attempt') followUp ??= client.send(customEvent('follow-up'));
      },
    });
    onTestFinished(() => void client.close());
    await client.send(inorganicInstall());
    await followUp;
    expect(emulator.received.map(({ eventType }) => eventType)).toEqual(['inorganic_install', 'follow-up']);
  });

  it('may close the client', async () => {
    const emulator = await canaryEmulator();
    let closing: Promise<unknown> | undefined;
    const client: AttributionClient = new AttributionClient({
      partnerName: 'airbridge',
      credentials: canaryCredentials(),
      baseUrl: emulator.baseUrl,
      onNotice: ({ type }) => {
        if (type === 'delivered') closing ??= client.close();
      },
    });
    const sends = [1, 2, 3].map(() => client.send(inorganicInstall()));
    expect((await Promise.all(sends)).length).toBe(3);
    expect(await closing).toMatchObject({ delivered: 2, failed: 0, abandoned: 0 });
    await expect.poll(() => emulator.connections.total).toBe(0);
  });
});

describe('the counters', () => {
  it('begin at zero', () => {
    const { client } = watchedClient();
    expect(client.counters()).toEqual({
      accepted: 0,
      delivered: 0,
      unconfirmed: 0,
      maybeDuplicate: 0,
      failed: 0,
      failedByCode: {},
      pending: 0,
      attempts: 0,
      retries: 0,
      inFlight: 0,
      refused: 0,
      projectsOnHold: 0,
    });
    expect(client.regions()).toEqual([]);
  });

  it('add up at every moment, against a count of one’s own', async () => {
    const own = { delivered: 0, failed: 0, attempts: 0 };
    const wrong: unknown[] = [];
    const controller = new AbortController();
    let accepted = 0;
    const check = (counters: Counters) => {
      const { delivered, failed, pending, inFlight, attempts, retries, failedByCode } = counters;
      const byCode = Object.values(failedByCode).reduce((sum, count) => sum + count, 0);
      const right =
        counters.accepted === delivered + failed + pending &&
        counters.accepted === accepted &&
        delivered === own.delivered &&
        failed === own.failed &&
        byCode === failed &&
        attempts - inFlight === own.attempts &&
        retries <= attempts &&
        inFlight >= 0 &&
        inFlight <= Math.min(4, pending);
      if (!right) wrong.push({ counters, own: { ...own } });
    };
    const onNotice = ({ type }: Notice) => {
      if (type === 'attempt') own.attempts += 1;
      if (type === 'delivered' || type === 'failed') own[type] += 1;
      if (own.attempts === 30) setImmediate(() => controller.abort());
      check(client.counters());
    };
    const { client, emulator, told } = await connectedClient({
      concurrency: { total: 4 },
      retry: { ...QUICK, maxAttempts: 3 },
      onNotice,
    });
    emulator.faults.add({ kind: 'status', status: 503, probability: 0.3 });
    emulator.faults.add({ kind: 'reset_after', probability: 0.1 });
    emulator.faults.add({ kind: 'status', status: 400, probability: 0.1 });
    emulator.faults.add({ kind: 'empty_200', probability: 0.1 });
    const sends = Array.from({ length: 150 }, (_, index) => {
      accepted += 1;
      const send = client.send(inorganicInstall(), index % 2 === 0 ? { signal: controller.signal } : {});
      check(client.counters());
      return send;
    });
    const ends = await Promise.allSettled(sends);
    expect(wrong).toEqual([]);
    expect(told('attempt').filter(({ outcome }) => outcome === 'aborted').length).toBeGreaterThan(0);
    const fulfilled = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    expect(client.counters()).toMatchObject({
      accepted: 150,
      delivered: fulfilled.length,
      failed: 150 - fulfilled.length,
      unconfirmed: fulfilled.filter(({ confirmed }) => !confirmed).length,
      maybeDuplicate: fulfilled.filter(({ maybeDuplicate }) => maybeDuplicate).length,
      pending: 0,
      inFlight: 0,
    });
    const { attempts, retries } = client.counters();
    const begun = ends.filter((end) => end.status === 'fulfilled' || (end.reason as { attempts: number }).attempts > 0);
    expect(attempts - retries).toBe(begun.length);
  });

  it('do not change once they were given out', async () => {
    const { client } = await connectedClient();
    const before = client.counters();
    await client.send(inorganicInstall());
    expect(before.accepted).toBe(0);
  });
});
