import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOLD_AFTER, HOLD_MS } from '../../src/delivery/authentication-hold.js';
import type { Notice } from '../../src/observe/notice.js';
import type { ClientOptions } from '../../src/options.js';
import { canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn, failureOf } from '../support/failure-of.js';

const WRONG = canaryCredentials({ projectPasscode: 'wrong-passcode-1' });
const RIGHT = canaryCredentials();
const OTHER = canaryCredentials({ projectId: 'OTHER' });

/** A client whose default credentials are refused; `OTHER` is an account beside it. */
function refusedClient(options: Partial<ClientOptions> = {}) {
  return connectedClient({ credentials: WRONG, emulator: { accounts: [RIGHT, OTHER] }, ...options });
}

type Client = Awaited<ReturnType<typeof refusedClient>>['client'];

async function fail(client: Pick<Client, 'send'>, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 1 });
  }
}

// The clock of holds alone; sockets and timers run as ever.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a project whose credentials are refused', () => {
  it('is on hold after five times in a row: nothing more is sent for it, and events fail at once', async () => {
    const { client, emulator, told, notices } = await refusedClient();
    await fail(client, HOLD_AFTER - 1);
    expect([told('hold'), client.counters().projectsOnHold]).toEqual([[], 0]);
    await fail(client, 1);
    expect(told('hold')).toEqual([
      {
        type: 'hold',
        projectId: 'TEST-111-222Z',
        region: 'eu',
        host: new URL(emulator.baseUrl).host,
        code: 'authentication',
        refusals: HOLD_AFTER,
        message: expect.stringContaining('replaceCredentials()') as string,
      },
    ]);
    const { requests } = emulator.counts;
    const errors = await Promise.all(Array.from({ length: 20 }, () => failureOf(client.send(customEvent()))));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'authentication', attempts: 0, retryable: false, maybeRecorded: false });
      expect(error.message).toContain('replaceCredentials()');
    }
    expect([emulator.counts.requests, requests]).toEqual([HOLD_AFTER, HOLD_AFTER]);
    expect(client.counters()).toMatchObject({ projectsOnHold: 1, failed: HOLD_AFTER + 20, pending: 0, inFlight: 0 });
    expectNothingSecretIn(notices);
  });

  it('is on hold where the partner is not whitelisted for it as well', async () => {
    const { client, emulator, told } = await refusedClient({
      credentials: RIGHT,
      emulator: { accounts: [RIGHT], partners: ['somebody else'] },
    } as Partial<ClientOptions>);
    await fail(client, HOLD_AFTER);
    expect(told('hold')).toMatchObject([{ code: 'bad_request', refusals: HOLD_AFTER }]);
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'authentication', attempts: 0 });
    expect(error.message).toContain('ask CleverTap to whitelist the partner name');
    expect(emulator.counts.requests).toBe(HOLD_AFTER);
    // Once that is done, there is no need to wait.
    emulator.allowPartner('airbridge');
    client.replaceCredentials(RIGHT);
    await client.send(inorganicInstall());
    expect(told('hold_ended')).toMatchObject([{ because: 'credentials_replaced' }]);
  });

  it('fails those at once that wait for a place when it is put on hold', async () => {
    const { client, emulator } = await refusedClient({ concurrency: { perProject: 1 } });
    const ends = Array.from({ length: 30 }, () => failureOf(client.send(inorganicInstall())));
    const attempts = (await Promise.all(ends)).map((error) => error.attempts);
    expect(attempts).toEqual([...Array<number>(HOLD_AFTER).fill(1), ...Array<number>(25).fill(0)]);
    expect(emulator.counts.requests).toBe(HOLD_AFTER);
  });

  it('costs the others nothing', async () => {
    const { client, emulator } = await refusedClient();
    const other = client.project(OTHER);
    await fail(client, HOLD_AFTER);
    const sends = Array.from({ length: 20 }, () => other.send(inorganicInstall()));
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 0 });
    expect(await Promise.all(sends)).toHaveLength(20);
    expect(emulator.counts).toMatchObject({ recorded: 20, byProject: { OTHER: 20, 'TEST-111-222Z': HOLD_AFTER } });
  });

  it('is not on hold in another hand with other credentials', async () => {
    const { client, told } = await refusedClient();
    const right = client.project(RIGHT);
    const alsoWrong = client.project(WRONG);
    await fail(client, HOLD_AFTER);
    expect(await right.send(inorganicInstall())).toMatchObject({ attempts: 1 });
    // With the same credentials it is, and those that are right do not make them any better.
    for (const hand of [client, alsoWrong]) {
      expect(await failureOf(hand.send(inorganicInstall()))).toMatchObject({ attempts: 0 });
    }
    expect([told('hold').length, told('hold_ended')]).toEqual([1, []]);
  });

  it('is no other project with credentials of the same kind of wrong', async () => {
    const { client } = await refusedClient();
    const others = [1, 2, 3].map((n) => client.project(canaryCredentials({ projectId: `UNKNOWN-${n}` })));
    for (const other of others) await fail(other, HOLD_AFTER - 1);
    expect(client.counters().projectsOnHold).toBe(0);
  });

  it('is not on hold where one got through between', async () => {
    const { client, emulator, told } = await connectedClient();
    for (let round = 0; round < 3; round += 1) {
      emulator.faults.add({ kind: 'status', status: 401, times: HOLD_AFTER - 1 });
      await fail(client, HOLD_AFTER - 1);
      await client.send(inorganicInstall());
    }
    expect([told('hold'), client.counters().projectsOnHold]).toEqual([[], 0]);
  });

  it('is not on hold for answers that are no refusals of its credentials', async () => {
    const { client, emulator, told } = await connectedClient({ retry: { maxAttempts: 1 } });
    for (const status of [400, 404, 503]) {
      emulator.faults.add({ kind: 'status', status, times: HOLD_AFTER });
      await Promise.all(Array.from({ length: HOLD_AFTER }, () => failureOf(client.send(inorganicInstall()))));
    }
    expect(told('hold')).toEqual([]);
  });
});

describe('replaceCredentials()', () => {
  it('releases the hold at once', async () => {
    const { client, emulator, told } = await refusedClient();
    await fail(client, HOLD_AFTER);
    client.replaceCredentials(RIGHT);
    expect(client.counters().projectsOnHold).toBe(0);
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 1, confirmed: true });
    expect(told('hold_ended')).toEqual([
      {
        type: 'hold_ended',
        projectId: 'TEST-111-222Z',
        region: 'eu',
        host: new URL(emulator.baseUrl).host,
        because: 'credentials_replaced',
      },
    ]);
  });

  it('from within the notice of the hold delivers what waited', async () => {
    const replace = vi.fn();
    const { client, told } = await refusedClient({
      concurrency: { perProject: 2 },
      onNotice: ({ type }: Notice) => {
        if (type !== 'hold') return;
        replace();
        client.replaceCredentials(RIGHT);
      },
    });
    const ends = await Promise.allSettled(Array.from({ length: 40 }, () => client.send(inorganicInstall())));
    // The sixth was under way beside the fifth.
    const failed = ends.filter(({ status }) => status === 'rejected').length;
    expect([HOLD_AFTER, HOLD_AFTER + 1]).toContain(failed);
    expect([replace.mock.calls.length, told('hold').length, told('hold_ended').length]).toEqual([1, 1, 1]);
  });

  it('with credentials that are wrong as well ends in another hold', async () => {
    const { client, told } = await refusedClient();
    await fail(client, HOLD_AFTER);
    client.replaceCredentials(canaryCredentials({ projectPasscode: 'wrong-passcode-2' }));
    await fail(client, HOLD_AFTER);
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 0 });
    expect(told('hold').map(({ refusals }) => refusals)).toEqual([HOLD_AFTER, HOLD_AFTER]);
  });
});

describe('a hold', () => {
  it('is over after its time; one more refusal renews it, and each request of it is one only', async () => {
    const { client, emulator, told } = await refusedClient();
    await fail(client, HOLD_AFTER);
    for (let round = 1; round <= 3; round += 1) {
      vi.advanceTimersByTime(HOLD_MS - 1);
      expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 0 });
      vi.advanceTimersByTime(1);
      expect(client.counters().projectsOnHold).toBe(0);
      await fail(client, 1);
      expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ attempts: 0 });
      expect(
        told('hold')
          .map(({ refusals }) => refusals)
          .at(-1),
      ).toBe(HOLD_AFTER + round);
    }
    expect([emulator.counts.requests, told('hold').length]).toEqual([HOLD_AFTER + 3, 4]);
  });

  it('is over for good when a request gets through after its time, and then begins with five again', async () => {
    const { client, emulator, told } = await refusedClient();
    await fail(client, HOLD_AFTER);
    emulator.addAccount(WRONG);
    vi.advanceTimersByTime(HOLD_MS);
    await client.send(inorganicInstall());
    expect(told('hold_ended')).toMatchObject([{ because: 'delivered' }]);
    emulator.setAccounts([RIGHT]);
    await fail(client, HOLD_AFTER - 1);
    expect(told('hold')).toHaveLength(1);
    await fail(client, 1);
    expect(told('hold')).toHaveLength(2);
  });

  it('fails the records of a forward(), while those of others go on, and looks its credentials up no more', async () => {
    const { client, emulator, told } = await refusedClient({ credentials: undefined });
    const lookups: string[] = [];
    const credentials = (projectId: string) => {
      lookups.push(projectId);
      return projectId === 'OTHER' ? OTHER : WRONG;
    };
    const source = Array.from({ length: 60 }, (_, index) => ({
      event: inorganicInstall(),
      projectId: index % 2 === 0 ? 'OTHER' : 'TEST-111-222Z',
    }));
    const { items } = await collect(client.forward(source, { credentials, lookAhead: 4 }));
    const refused = items.filter(({ projectId }) => projectId === 'TEST-111-222Z');
    expect(items.filter(({ status }) => status === 'delivered')).toHaveLength(30);
    expect(refused.map(({ status, error }) => `${status} ${error?.code}`)).toEqual(
      Array(30).fill('failed authentication'),
    );
    expect(refused.filter(({ error }) => error?.attempts === 0).length).toBe(30 - emulator.counts.refused);
    expect(emulator.counts.refused).toBeLessThanOrEqual(HOLD_AFTER + 3);
    expect(told('hold')).toHaveLength(1);
    // Once, and again after refusals, but not for each that was not even asked for.
    expect(lookups.filter((id) => id !== 'OTHER').length).toBeLessThanOrEqual(emulator.counts.refused + 1);
    expectNothingSecretIn(items);
  });
});
