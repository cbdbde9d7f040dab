import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type ListeningEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { CUSTOM_SAMPLE, INORGANIC_SAMPLE, ORGANIC_SAMPLE, SAMPLE_ACCOUNT, target } from './document-samples.js';
import { RawConnection } from './raw-connection.js';

let emulator: ListeningEmulator;

beforeAll(async () => {
  emulator = await startEmulator({
    accounts: [SAMPLE_ACCOUNT, canaryCredentials()],
    partners: ['airbridge', 'airbirdge'],
  });
});

afterAll(() => emulator.close());

async function ask(
  path: string,
  method: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE' = 'GET',
  base = emulator.baseUrl.eu,
) {
  const { statusCode, headers, body } = await request(`${base}${path}`, { method });
  return { status: statusCode, type: headers['content-type'], allow: headers['allow'], body: await body.text() };
}

describe('the samples of the document', () => {
  it.each([
    ['organic', ORGANIC_SAMPLE],
    ['inorganic', INORGANIC_SAMPLE],
    ['custom, with its timestamp twice', CUSTOM_SAMPLE],
  ])('%s is taken', async (_, sample) => {
    expect(await ask(sample)).toMatchObject({ status: 200, type: 'application/json', body: '{"status":"success"}' });
    expect(await ask(sample, 'POST')).toMatchObject({ status: 200, body: '{"status":"success"}' });
  });

  it('answers wrong account info as the sample response does', async () => {
    expect(await ask(ORGANIC_SAMPLE.replace('aca-060', 'aca-061'))).toMatchObject({
      status: 401,
      type: 'application/json',
      body: '{"status":"fail","error":"Invalid Account Info","code":401}',
    });
  });

  it('answers a missing utm_source as the sample response does', async () => {
    expect(await ask(ORGANIC_SAMPLE.replace('&utm_source=utm_google', ''))).toMatchObject({
      status: 400,
      type: 'application/json',
      body: '{"status":"fail","error":"utm_source is missing","code":400}',
    });
  });

  it('answers a partner that is not whitelisted in the words of the error table', async () => {
    expect(await ask(ORGANIC_SAMPLE.replace('airbridge', 'stranger'))).toMatchObject({
      status: 400,
      body: '{"status":"fail","error":"Partner name not whitelisted. Connect with the product team to get it whitelisted.","code":400}',
    });
  });
});

describe('mandatory parameters', () => {
  const always = [
    'partner_name',
    'event_type',
    'device_identifier',
    'account_id',
    'account_token',
    'account_passcode',
    'platform',
  ];
  const utm = ['utm_source', 'utm_medium', 'utm_campaign'];

  it.each([...always, ...utm])('an install without %s, or with an empty or blank one, is refused', async (name) => {
    const body = `{"status":"fail","error":"${name} is missing","code":400}`;
    for (const value of [undefined, '', ' ']) {
      expect(await ask(target({ [name]: value }))).toMatchObject({ status: 400, body });
    }
  });

  it.each(always)('a custom event needs %s', async (name) => {
    const custom = { event_type: 'Add_to_cart', utm_source: undefined, utm_medium: undefined, utm_campaign: undefined };
    expect((await ask(target(custom))).status).toBe(200);
    expect((await ask(target({ ...custom, [name]: undefined }))).status).toBe(400);
  });

  it('names the first that is missing in the order of the format line', async () => {
    const order = ['partner_name', 'event_type', ...utm, ...always.slice(2)];
    // An install type has to stay, for its UTM parameters to be missed.
    const left = new Set(order.filter((name) => name !== 'event_type'));
    for (const first of order.filter((name) => name !== 'event_type')) {
      const missing = Object.fromEntries([...left].map((name) => [name, undefined]));
      expect((await ask(target(missing))).body).toContain(`"error":"${first} is missing"`);
      left.delete(first);
    }
    expect((await ask('/attribution?partner_name=airbridge')).body).toContain('"error":"event_type is missing"');
    expect((await ask('/attribution')).body).toContain('"error":"partner_name is missing"');
  });

  it('with requiredUtm any, one UTM parameter is enough', async () => {
    await using lenient = await startEmulator({
      listen: 'single',
      accounts: [canaryCredentials()],
      requiredUtm: 'any',
    });
    const none = { utm_source: undefined, utm_medium: undefined, utm_campaign: undefined };
    for (const name of utm)
      expect((await ask(target({ ...none, [name]: 'x' }), 'GET', lenient.baseUrl)).status).toBe(200);
    expect(await ask(target(none), 'GET', lenient.baseUrl)).toMatchObject({
      status: 400,
      body: '{"status":"fail","error":"utm_source is missing","code":400}',
    });
  });
});

describe('timestamp', () => {
  it.each(['1660717763', '0', undefined])('%s is taken', async (timestamp) => {
    expect((await ask(target({ timestamp }))).status).toBe(200);
  });

  it.each(['1660717763000', '1660717763.5', '-1', '', '2022-08-17T06:29:23Z', '1e9'])(
    'refuses "%s", which is no integer of seconds',
    async (timestamp) => {
      expect(await ask(target({ timestamp }))).toMatchObject({
        status: 400,
        body: '{"status":"fail","error":"timestamp must be an epoch in seconds","code":400}',
      });
    },
  );
});

describe('the order of checks', () => {
  const wrong = { timestamp: 'x', partner_name: 'stranger', account_token: 'wrong-token' };

  it('goes from missing parameters by timestamp and partner to credentials', async () => {
    expect((await ask(target({ ...wrong, platform: undefined }))).body).toContain('platform is missing');
    expect((await ask(target(wrong))).body).toContain('timestamp must be');
    expect((await ask(target({ ...wrong, timestamp: undefined }))).body).toContain('not whitelisted');
    expect((await ask(target({ account_token: 'wrong-token' }))).body).toContain('Invalid Account Info');
  });

  it('begins with path and method', async () => {
    expect(await ask('/attribution/')).toMatchObject({
      status: 404,
      body: '{"status":"fail","error":"Not Found","code":404}',
    });
    expect((await ask('/')).status).toBe(404);
    expect(await ask(target(), 'PUT')).toMatchObject({
      status: 405,
      allow: 'GET, POST',
      body: '{"status":"fail","error":"Method Not Allowed","code":405}',
    });
    expect((await ask(target(), 'HEAD')).status).toBe(405);
    expect((await ask('/', 'DELETE')).status).toBe(404);
  });
});

it('reads a POST body to its end and goes by the query alone', async () => {
  const { statusCode, body } = await request(`${emulator.baseUrl.eu}${target()}`, {
    method: 'POST',
    body: 'partner_name=stranger&'.repeat(50_000),
  });
  expect(statusCode).toBe(200);
  await body.dump();
});

it('decodes percent-encoded UTF-8 and keeps everything a device identifier may hold', async () => {
  const deviceIdentifier = '__hA=|<>;+.():!$@_-é😀 z';
  expect((await ask(target({ device_identifier: deviceIdentifier }))).status).toBe(200);
  expect(emulator.received.at(-1)).toMatchObject({ deviceIdentifier });
});

it('takes an absolute URL, as a proxy would get it', async () => {
  const connection = new RawConnection(emulator.baseUrl.eu).send(`http://api.clevertap.com${target()}`);
  await connection.until(({ body }) => body === '{"status":"success"}');
  connection.leave();
});

it('answers 403 where the FAQ is to be right rather than the table', async () => {
  await using forbidding = await startEmulator({ listen: 'single', authenticationStatus: 403 });
  expect(await ask(target(), 'GET', forbidding.baseUrl)).toMatchObject({
    status: 403,
    body: '{"status":"fail","error":"Invalid Account Info","code":403}',
  });
});
