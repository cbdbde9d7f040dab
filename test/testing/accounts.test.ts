import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { regions, type RegionCode } from '../../src/contract/regions.js';
import { Secret } from '../../src/contract/secret.js';
import { ValidationError } from '../../src/errors.js';
import { startEmulator, type ListeningEmulator } from '../../src/testing/index.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';

const NEXT_PASSCODE = `${CANARY_PASSCODE}-next`;

let emulator: ListeningEmulator;

beforeEach(async () => {
  emulator = await startEmulator({ accounts: [canaryCredentials({ region: 'India' })] });
});

afterEach(() => emulator.close());

async function statusOf(changes: Record<string, string> = {}, region: RegionCode = 'in'): Promise<number> {
  const { statusCode, body } = await request(`${emulator.baseUrl[region]}${target(changes)}`);
  await body.dump();
  return statusCode;
}

describe('regions', () => {
  it('has a listener on a port of its own for each', () => {
    const urls = regions.map(({ code }) => emulator.baseUrl[code]);
    expect(new Set(urls).size).toBe(7);
    for (const url of urls) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('takes an account in its own region only; any other looks like wrong credentials', async () => {
    for (const { code } of regions) expect(await statusOf({}, code)).toBe(code === 'in' ? 200 : 401);
    expect(emulator.counts.byRegion).toEqual({ eu: 1, us: 1, in: 1, sg: 1, sk: 1, id: 1, ae: 1 });
  });

  it('takes the default region for an account that names none', async () => {
    emulator.setAccounts([canaryCredentials()]);
    expect([await statusOf({}, 'eu'), await statusOf({}, 'in')]).toEqual([200, 401]);
  });

  it('checks no region on a single port', async () => {
    await using single = await startEmulator({ listen: 'single', accounts: [canaryCredentials({ region: 'in' })] });
    const { statusCode, body } = await request(`${single.baseUrl}${target()}`);
    await body.dump();
    expect(statusCode).toBe(200);
    expect(single.received[0]).toMatchObject({ region: undefined, credentials: 'valid' });
  });
});

describe('rotation', () => {
  it('takes several passcodes of a project at once', async () => {
    emulator.addAccount(canaryCredentials({ region: 'in', projectPasscode: NEXT_PASSCODE }));
    expect(await statusOf()).toBe(200);
    expect(await statusOf({ account_passcode: NEXT_PASSCODE })).toBe(200);
    expect(await statusOf({ account_passcode: 'another' })).toBe(401);
  });

  it('takes them from the options as well', async () => {
    await using other = await startEmulator({
      listen: 'single',
      accounts: [canaryCredentials(), canaryCredentials({ projectPasscode: NEXT_PASSCODE })],
    });
    for (const account_passcode of [CANARY_PASSCODE, NEXT_PASSCODE]) {
      const { statusCode, body } = await request(`${other.baseUrl}${target({ account_passcode })}`);
      await body.dump();
      expect(statusCode).toBe(200);
    }
  });

  it('pairs each passcode with its own token', async () => {
    emulator.addAccount(canaryCredentials({ region: 'in', projectToken: 'token-2', projectPasscode: NEXT_PASSCODE }));
    expect(await statusOf({ account_token: 'token-2' })).toBe(401);
    expect(await statusOf({ account_token: 'token-2', account_passcode: NEXT_PASSCODE })).toBe(200);
  });

  it('ends one passcode and leaves the other', async () => {
    emulator.addAccount(canaryCredentials({ region: 'in', projectPasscode: new Secret(NEXT_PASSCODE) }));
    emulator.removeAccount('TEST-111-222Z', CANARY_PASSCODE);
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ account_passcode: NEXT_PASSCODE })).toBe(200);
    emulator.removeAccount('TEST-111-222Z', new Secret(NEXT_PASSCODE));
    expect(await statusOf({ account_passcode: NEXT_PASSCODE })).toBe(401);
  });

  it('removes a project with all it has, and does not mind one that is not there', async () => {
    emulator.addAccount(canaryCredentials({ region: 'in', projectPasscode: NEXT_PASSCODE }));
    emulator.removeAccount('TEST-111-222Z');
    emulator.removeAccount('TEST-111-222Z');
    emulator.removeAccount('NOBODY', 'x');
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ account_passcode: NEXT_PASSCODE })).toBe(401);
  });

  it('replaces all accounts or, if one is wrong, none', async () => {
    const wrong = canaryCredentials({ region: 'atlantis' });
    expect(() => emulator.setAccounts([canaryCredentials({ projectId: 'OTHER' }), wrong])).toThrow(ValidationError);
    expect(await statusOf()).toBe(200);
    emulator.setAccounts([canaryCredentials({ projectId: 'OTHER', region: 'in' })]);
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ account_id: 'OTHER' })).toBe(200);
  });

  it('trims what it is given, as a dashboard does', async () => {
    emulator.setAccounts([canaryCredentials({ region: ' in ', projectToken: `\u00a0${CANARY_TOKEN}\u200b` })]);
    expect(await statusOf()).toBe(200);
  });
});

describe('partner names', () => {
  it('are free until one is disallowed', async () => {
    expect(await statusOf({ partner_name: 'anybody' })).toBe(200);
    emulator.disallowPartner('anybody');
    expect(await statusOf({ partner_name: 'anybody' })).toBe(400);
    expect(await statusOf({ partner_name: 'Anybody' })).toBe(200);
    emulator.allowPartner('anybody');
    expect(await statusOf({ partner_name: 'anybody' })).toBe(200);
  });

  it('are those of the whitelist where there is one', async () => {
    await emulator.close();
    emulator = await startEmulator({ accounts: [canaryCredentials({ region: 'in' })], partners: [' airbridge '] });
    expect(await statusOf()).toBe(200);
    expect(await statusOf({ partner_name: 'newcomer' })).toBe(400);
    emulator.allowPartner('newcomer');
    expect(await statusOf({ partner_name: 'newcomer' })).toBe(200);
    emulator.disallowPartner('airbridge');
    expect(await statusOf()).toBe(400);
  });
});
