import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  createEmulator,
  startEmulator,
  type ListeningEmulator,
  type ReceivedRequest,
} from '../../src/testing/index.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { CUSTOM_SAMPLE, SAMPLE_ACCOUNT, target } from './document-samples.js';

const entries: ReceivedRequest[] = [];
let emulator: ListeningEmulator;

beforeEach(async () => {
  entries.length = 0;
  emulator = await startEmulator({
    accounts: [canaryCredentials(), SAMPLE_ACCOUNT],
    keep: 3,
    now: () => 1_700_000_000_123,
    onRequest: (entry) => entries.push(entry),
  });
});

afterEach(() => emulator.close());

async function ask(path: string): Promise<number> {
  const { statusCode, body } = await request(`${emulator.baseUrl.eu}${path}`);
  await body.dump();
  return statusCode;
}

describe('the log', () => {
  it('holds what was received, decoded', async () => {
    await ask(CUSTOM_SAMPLE);
    expect(emulator.received.length).toBe(1);
    expect(emulator.received[0]).toEqual({
      at: 1_700_000_000_123,
      region: 'eu',
      method: 'GET',
      accountId: 'W6W-797-865Z',
      partnerName: 'airbirdge',
      eventType: 'Add_to_cart',
      deviceIdentifier: '__g1234abc',
      platform: 'android',
      timestamp: '1656317838',
      utmSource: undefined,
      utmMedium: undefined,
      utmCampaign: undefined,
      params: { items: 'shoes', price: '12.00' },
      repeated: ['timestamp'],
      credentials: 'valid',
      outcome: 'recorded',
      recorded: true,
      fault: undefined,
      status: 200,
      delayMs: 0,
    });
  });

  it('keeps the newest, newest last, while counts are exact', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await ask(target({ device_identifier: name }));
    expect(emulator.received.map(({ deviceIdentifier }) => deviceIdentifier)).toEqual(['c', 'd', 'e']);
    expect(emulator.counts.requests).toBe(5);
    expect(entries.map(({ deviceIdentifier }) => deviceIdentifier)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is a list that does not change while it is read', async () => {
    await ask(target());
    const before = emulator.received;
    expect(emulator.received).toBe(before);
    await ask(target());
    expect([before.length, emulator.received.length]).toEqual([1, 2]);
    expect(Object.isFrozen(before)).toBe(true);
  });

  it('can be done without', async () => {
    await using none = await startEmulator({ listen: 'single', keep: 0 });
    const { body } = await request(`${none.baseUrl}${target()}`);
    await body.dump();
    expect([none.received.length, none.counts.requests]).toEqual([0, 1]);
  });
});

describe('counts', () => {
  it('add up by status, region, event type and project', async () => {
    await ask(target());
    await ask(CUSTOM_SAMPLE);
    await ask(target({ partner_name: undefined }));
    await ask(target({ account_id: 'NOBODY' }));
    await ask('/elsewhere');
    emulator.faults.add({ kind: 'status', status: 503, recorded: true });
    await ask(target());
    expect(emulator.counts).toEqual({
      requests: 6,
      recorded: 3,
      refused: 3,
      faults: 1,
      byStatus: { 200: 2, 400: 1, 401: 1, 404: 1, 503: 1 },
      byRegion: { eu: 6 },
      byEventType: { inorganic_install: 4, Add_to_cart: 1 },
      byProject: { 'TEST-111-222Z': 3, 'W6W-797-865Z': 1, NOBODY: 1 },
    });
  });

  it('start again with reset(), as do log and faults, while accounts stay', async () => {
    await ask(target());
    emulator.faults.add({ kind: 'status', status: 503 });
    emulator.reset();
    expect(emulator.counts).toEqual({
      requests: 0,
      recorded: 0,
      refused: 0,
      faults: 0,
      byStatus: {},
      byRegion: {},
      byEventType: {},
      byProject: {},
    });
    expect(emulator.received).toEqual([]);
    expect(await ask(target())).toBe(200);
  });

  it('hold a bounded number of names, however many clients make up', async () => {
    const local = createEmulator({ accounts: [canaryCredentials()], keep: 0 });
    for (let index = 0; index < 10_050; index += 1) {
      await local.handle(new Request(`https://api.clevertap.com/attribution?event_type=e${index}`));
    }
    const { byEventType, requests } = local.counts;
    expect(Object.keys(byEventType).length).toBe(10_001);
    expect([byEventType['e0'], byEventType['(other)'], requests]).toEqual([1, 50, 10_050]);
  });
});

describe('secrets', () => {
  it('show whether they were right, never what they were', async () => {
    await ask(target());
    await ask(target({ account_token: 'wrong-token-1', account_passcode: 'wrong-passcode-1' }));
    await ask(target({ account_passcode: undefined }));
    expect(entries.map(({ credentials }) => credentials)).toEqual(['valid', 'invalid', 'missing']);
    const shown = everythingShownOf([entries, emulator.received, emulator.counts]);
    expect(canariesIn(shown)).toEqual([]);
    expect(shown).not.toMatch(/wrong-/);
  });

  it('do not show where they do not belong', async () => {
    await ask(target({ account_id: CANARY_TOKEN, account_token: 'TEST-111-222Z' }));
    await ask(target({ utm_source: CANARY_PASSCODE, copy: CANARY_TOKEN, [CANARY_TOKEN]: '1' }));
    await ask(target({ account_token: undefined, partner_name: CANARY_TOKEN }));
    await ask(target({ account_token: 'wrong-token-2', platform: 'wrong-token-2' }));
    await ask(target({ Account_Token: 'wrong-token-3', ' account passcode': 'wrong-passcode-3' }));
    await ask(`${target()}&account_token=wrong-token-4`);
    const shown = everythingShownOf([entries, emulator.counts]);
    expect(canariesIn(shown)).toEqual([]);
    expect(shown).not.toMatch(/wrong-/);
    expect(entries.map(({ accountId }) => accountId)).toEqual([
      '[redacted]',
      ...Array<string>(5).fill('TEST-111-222Z'),
    ]);
    expect(entries.at(-1)?.repeated).toEqual(['account_token']);
  });

  it('leave an ordinary parameter with a similar name alone', async () => {
    await ask(target({ push_token: 'abc', passcode_length: '6' }));
    expect(entries[0]?.params).toEqual({ push_token: 'abc', passcode_length: '6' });
  });

  it('do not show in the emulator itself, its dispatcher, its handlers or its faults', async () => {
    const handle = emulator.faults.add({ kind: 'latency', ms: 1 });
    await ask(target());
    const parts = [
      emulator,
      emulator.dispatcher(),
      emulator.mswHandlers({ all: (path, resolver) => ({ path, resolver }) }),
      handle,
      emulator.faults,
    ];
    expect(canariesIn(everythingShownOf(parts))).toEqual([]);
  });

  it('do not show in what is thrown about them', () => {
    const thrown: unknown[] = [];
    const attempts = [
      () => createEmulator({ accounts: [canaryCredentials({ projectId: 'not ok!' })] }),
      () => createEmulator({ accounts: [canaryCredentials({ projectToken: `${CANARY_TOKEN} !` })] }),
      () => emulator.addAccount(canaryCredentials({ region: 'atlantis' })),
    ];
    for (const attempt of attempts) {
      try {
        attempt();
      } catch (error) {
        thrown.push(error);
      }
    }
    expect(thrown.length).toBe(3);
    expect(canariesIn(everythingShownOf(thrown))).toEqual([]);
  });
});

describe('onRequest', () => {
  it('may change the emulator from within', async () => {
    const local = createEmulator({
      accounts: [canaryCredentials()],
      onRequest: () => local.removeAccount('TEST-111-222Z'),
    });
    const first = await local.handle(new Request(`https://api.clevertap.com${target()}`));
    const second = await local.handle(new Request(`https://api.clevertap.com${target()}`));
    expect([first.status, second.status]).toEqual([200, 401]);
  });

  it('costs no request its answer when it throws, and does not hide the error', async () => {
    const uncaught: unknown[] = [];
    const previous = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    onTestFinished(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of previous) process.on('uncaughtException', listener);
    });
    const local = createEmulator({
      accounts: [canaryCredentials()],
      onRequest: () => {
        throw new Error('from the listener');
      },
    });
    const { status } = await local.handle(new Request(`https://api.clevertap.com${target()}`));
    await new Promise(setImmediate);
    expect(status).toBe(200);
    expect(uncaught).toMatchObject([{ message: 'from the listener' }]);
  });
});
