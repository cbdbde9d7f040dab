import { Agent } from 'undici';
import { onTestFinished, describe, expect, it } from 'vitest';
import type { AnyAttributionError, ErrorCode } from '../../src/errors.js';
import { startEmulator, type FaultBehaviour } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator, connectedClient, QUICK, timeoutFor, watchedClient } from '../support/connected-client.js';
import { inorganicInstall, ONE_OF_EACH } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { CERTIFICATE } from '../support/self-signed-certificate.js';
import {
  httpAnswer,
  refusingUrl,
  startHangUpServer,
  startSocketServer,
  startTlsServer,
} from '../support/socket-server.js';

/** The protocol's response table, row by row, over real sockets. */

const PROJECT = canaryCredentials().projectId;
const ATTEMPTS = 3;
const settings = { retry: { ...QUICK, maxAttempts: ATTEMPTS } };

/** All that an error says beside its message. */
function factsOf(error: AnyAttributionError) {
  const { code, retryable, attempts, maybeRecorded, status, retryAfterMs } = error;
  const more = error.code === 'bad_request' ? { reason: error.reason, field: error.field } : {};
  return { code, retryable, attempts, maybeRecorded, status, retryAfterMs, ...more };
}

const nothing = { status: undefined, retryAfterMs: undefined };

/** Facts of a failure that is final at once. */
function permanent(code: ErrorCode, status: number, more: object = {}) {
  return { ...nothing, code, status, retryable: false, attempts: 1, maybeRecorded: false, ...more };
}

/** Facts of a failure that was tried again as often as allowed. */
function passing(code: ErrorCode, status: number | undefined, more: object = {}) {
  return { ...nothing, code, status, retryable: true, attempts: ATTEMPTS, maybeRecorded: false, ...more };
}

const status = (code: number, more: object = {}): FaultBehaviour => ({ kind: 'status', status: code, ...more });
const body = (text: string): FaultBehaviour => status(200, { body: text });

const DELIVERED: [answer: string, fault: FaultBehaviour | undefined, confirmed: boolean, status: number][] = [
  ['200 with success', undefined, true, 200],
  ['200 with success and more', body('{"processed":1,"status":"success"}'), true, 200],
  ['200 with white space around success', body('\n {"status":"success"} '), true, 200],
  ['201 with success', status(201), true, 201],
  ['200 without a body', { kind: 'empty_200' }, false, 200],
  ['204', status(204), false, 204],
  ['200 with HTML', { kind: 'html_200' }, false, 200],
  ['200 with text', body('OK'), false, 200],
  ['200 with another object', body('{"result":"ok"}'), false, 200],
  ['200 with another status', body('{"status":"queued"}'), false, 200],
  ['200 with success in a list', body('[{"status":"success"}]'), false, 200],
  ['200 with half an object', body('{"status":"succ'), false, 200],
  ['299 with text', status(299, { body: 'fine' }), false, 299],
];

describe('an event is delivered', () => {
  it.each(DELIVERED)('by %s', async (_, fault, confirmed, statusCode) => {
    const { client, emulator } = await connectedClient(settings);
    if (fault !== undefined) emulator.faults.add(fault);
    expect(await client.send(inorganicInstall())).toEqual({
      confirmed,
      attempts: 1,
      maybeDuplicate: false,
      status: statusCode,
      durationMs: expect.any(Number) as number,
      projectId: PROJECT,
      region: 'eu',
      host: new URL(emulator.baseUrl).host,
    });
    expect(emulator.counts.requests).toBe(1);
  });

  it.each(DELIVERED.filter(([, , confirmed]) => confirmed))(
    'with requireConfirmation by %s',
    async (_, fault, _confirmed, statusCode) => {
      const { client, emulator } = await connectedClient({ ...settings, requireConfirmation: true });
      if (fault !== undefined) emulator.faults.add(fault);
      expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true, attempts: 1, status: statusCode });
      expect(emulator.counts.requests).toBe(1);
    },
  );

  it.each(DELIVERED.filter(([, , confirmed]) => !confirmed))(
    'with requireConfirmation not by %s, which is not tried again',
    async (_, fault, _confirmed, statusCode) => {
      const { client, emulator } = await connectedClient({ ...settings, requireConfirmation: true });
      if (fault !== undefined) emulator.faults.add(fault);
      const error = await failureOf(client.send(inorganicInstall()));
      expect(factsOf(error)).toEqual(permanent('unconfirmed', statusCode, { maybeRecorded: true }));
      expect(emulator.counts.requests).toBe(1);
    },
  );

  it('as organic, inorganic and custom event, by GET and by POST', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const { client, emulator } = await connectedClient({ ...settings, method });
      for (const event of ONE_OF_EACH) await client.send(event);
      const seen = emulator.received.map((entry) => [entry.method, entry.eventType, entry.recorded]);
      expect(seen).toEqual([
        [method, 'organic_install', true],
        [method, 'inorganic_install', true],
        [method, 'Add_to_cart', true],
      ]);
    }
  });

  it('over TLS', async () => {
    const server = await startTlsServer((socket) => socket.write(httpAnswer(200, '{"status":"success"}')));
    const dispatcher = new Agent({ connect: { ca: CERTIFICATE } });
    onTestFinished(() => dispatcher.destroy());
    const { client } = watchedClient({ baseUrl: server.url, dispatcher });
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true, attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });
});

const failed = (code: number | undefined, more: object = {}): FaultBehaviour => ({ kind: 'fail_200', code, ...more });
const badRequest = (reason: string, field?: string) => permanent('bad_request', 400, { reason, field });

const REFUSED: [answer: string, fault: FaultBehaviour, expected: ReturnType<typeof permanent>][] = [
  [
    '400 about a missing field',
    status(400, { body: '{"status":"fail","error":"utm_source is missing","code":400}' }),
    badRequest('missing_field', 'utm_source'),
  ],
  [
    '400 about the partner name',
    status(400, { body: '{"status":"fail","error":"Partner name not whitelisted. Connect with the team."}' }),
    badRequest('partner_not_whitelisted'),
  ],
  ['400 about something else', status(400, { body: '{"error":"No such thing"}' }), badRequest('other')],
  ['400 without a body', status(400, { body: '' }), badRequest('other')],
  ['401', status(401), permanent('authentication', 401)],
  ['403', status(403), permanent('authentication', 403)],
  ['403 from a proxy', status(403, { body: '<html>Forbidden</html>' }), permanent('authentication', 403)],
  ...[300, 301, 304, 307, 402, 404, 405, 409, 410, 413, 414, 418, 451, 499].map(
    (code): [string, FaultBehaviour, ReturnType<typeof permanent>] => [
      String(code),
      status(code),
      permanent('unexpected_response', code),
    ],
  ),
  ['200 that tells of 400', failed(400, { error: 'utm_medium is missing' }), badRequest('missing_field', 'utm_medium')],
  ['200 that tells of 401', failed(401), permanent('authentication', 401)],
  ['200 that tells of 404', failed(404), permanent('unexpected_response', 404)],
  ['200 that tells of failure without a code', failed(undefined), permanent('unexpected_response', 200)],
  ['200 that tells of failure with code 200', failed(200), permanent('unexpected_response', 200)],
  [
    '200 that tells of partial failure',
    failed(undefined, { status: 'partial' }),
    permanent('unexpected_response', 200),
  ],
  ['200 that tells of partial failure with 400', failed(400, { status: 'partial', error: 'no' }), badRequest('other')],
];

describe('an event is refused for good, with one request', () => {
  it.each(REFUSED)('by %s', async (_, fault, expected) => {
    const { client, emulator } = await connectedClient(settings);
    emulator.faults.add(fault);
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(expected);
    expect(error).toMatchObject({ host: new URL(emulator.baseUrl).host, projectId: PROJECT });
    expect(emulator.counts.requests).toBe(1);
  });

  it.each(REFUSED.filter(([, fault]) => fault.kind === 'status'))(
    'by %s, whichever kind of event it is',
    async (_, fault, { code }) => {
      const { client, emulator } = await connectedClient(settings);
      emulator.faults.add(fault);
      const errors = await Promise.all(ONE_OF_EACH.map((event) => failureOf(client.send(event))));
      expect(errors.map((error) => [error.code, error.attempts])).toEqual(ONE_OF_EACH.map(() => [code, 1]));
      expect(emulator.counts.requests).toBe(3);
    },
  );

  it('for a UTM field that is missing', async () => {
    const { client, emulator } = await connectedClient<'any'>({ ...settings, utmPolicy: 'any' });
    const { utmSource, ...rest } = inorganicInstall();
    const error = await failureOf(client.send({ ...rest, utmSource, utmMedium: undefined, utmCampaign: undefined }));
    expect(factsOf(error)).toEqual(badRequest('missing_field', 'utm_medium'));
    expect(error.message).toContain('utm_medium is missing');
    expect(emulator.counts.refused).toBe(1);
  });

  it('for a partner who is not whitelisted', async () => {
    const { client, emulator } = await connectedClient({ ...settings, emulator: { partners: ['somebody else'] } });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(badRequest('partner_not_whitelisted'));
    expect(error.message).toContain('ask CleverTap to whitelist the partner name');
    expect(emulator.counts.requests).toBe(1);
  });

  it.each([401, 403] as const)('with %i for credentials that are wrong', async (authenticationStatus) => {
    const { client, emulator } = await connectedClient({ ...settings, emulator: { authenticationStatus } });
    const wrong = client.project(canaryCredentials({ projectPasscode: 'canary-passcode-9b71de-old' }));
    const error = await failureOf(wrong.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(permanent('authentication', authenticationStatus));
    expect(error.message).toContain(PROJECT);
    expect(error.message).toMatch(/region/);
    expect(emulator.counts.requests).toBe(1);
  });

  it('for an account of another region, and says so', async () => {
    const emulator = await startEmulator({ accounts: [canaryCredentials({ region: 'in' })] });
    onTestFinished(() => emulator.close());
    const { client } = watchedClient({ ...settings, baseUrl: emulator.baseUrl });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(permanent('authentication', 401));
    expect(error.message).toContain('another region than "eu"');
    const right = client.project(canaryCredentials({ region: 'in' }));
    expect(await right.send(inorganicInstall())).toMatchObject({ region: 'in', confirmed: true });
    expect(emulator.counts.byRegion).toEqual({ eu: 1, in: 1 });
  });

  it.each([301, 302, 303, 307, 308])('by a redirect with %i, which is not followed', async (code) => {
    const elsewhere = await canaryEmulator();
    const location = `${elsewhere.baseUrl}/attribution?partner_name=airbridge`;
    const server = await startSocketServer((socket) => socket.write(httpAnswer(code, '', { location })));
    const { client } = watchedClient({ ...settings, baseUrl: server.url });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(permanent('unexpected_response', code));
    expect(server.requests).toHaveLength(1);
    expect(elsewhere.counts.requests).toBe(0);
    expect(elsewhere.connections.total).toBe(0);
  });

  it('by a redirect of the emulator, which is not followed', async () => {
    const elsewhere = await canaryEmulator();
    const { client, emulator } = await connectedClient(settings);
    emulator.faults.add({ kind: 'redirect', location: elsewhere.baseUrl });
    expect(factsOf(await failureOf(client.send(inorganicInstall())))).toEqual(permanent('unexpected_response', 302));
    expect([emulator.counts.requests, elsewhere.counts.requests]).toEqual([1, 0]);
  });
});

const PASSING: [answer: string, fault: FaultBehaviour, expected: ReturnType<typeof passing>][] = [
  ['429', status(429), passing('rate_limited', 429)],
  ...[408, 425, 500, 501, 503, 505, 520, 599].map((code): [string, FaultBehaviour, ReturnType<typeof passing>] => [
    String(code),
    status(code),
    passing('service_unavailable', code),
  ]),
  ['502', status(502), passing('service_unavailable', 502, { maybeRecorded: true })],
  ['504', status(504), passing('service_unavailable', 504, { maybeRecorded: true })],
  ['503 with HTML', status(503, { body: '<html>Back soon</html>' }), passing('service_unavailable', 503)],
  ['200 that tells of 429', failed(429), passing('rate_limited', 429)],
  ['200 that tells of 503', failed(503), passing('service_unavailable', 503)],
  ['200 that tells of 502', failed(502), passing('service_unavailable', 502, { maybeRecorded: true })],
  [
    '200 that tells of partial failure with 503',
    failed(503, { status: 'partial' }),
    passing('service_unavailable', 503),
  ],
  ['no answer at all', { kind: 'hang' }, passing('timeout', undefined, { maybeRecorded: true })],
  ['half an answer', { kind: 'stalled_body' }, passing('timeout', undefined, { maybeRecorded: true })],
  ['an answer that breaks off', { kind: 'broken_body' }, passing('network', undefined, { maybeRecorded: true })],
  ['a reset after the request', { kind: 'reset_after' }, passing('network', undefined, { maybeRecorded: true })],
  ['something else than HTTP', { kind: 'garbage' }, passing('network', undefined, { maybeRecorded: true })],
];

describe('an event is tried again, as often as allowed,', () => {
  it.each(PASSING)('after %s', async (_, fault, expected) => {
    const { client, emulator } = await connectedClient({ ...settings, timeoutMs: timeoutFor(fault) });
    emulator.faults.add(fault);
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(expected);
    expect(error).toMatchObject({ host: new URL(emulator.baseUrl).host, projectId: PROJECT });
    expect(error.message).toContain('gave up after 3 attempts');
    expect(emulator.counts.requests).toBe(ATTEMPTS);
  });

  it.each(PASSING)('after %s, until it is delivered', async (_, fault, { maybeRecorded }) => {
    const { client, emulator } = await connectedClient({ ...settings, timeoutMs: timeoutFor(fault) });
    emulator.faults.add({ ...fault, times: ATTEMPTS - 1 });
    expect(await client.send(inorganicInstall())).toMatchObject({
      confirmed: true,
      attempts: ATTEMPTS,
      maybeDuplicate: maybeRecorded,
      status: 200,
    });
    expect(emulator.counts).toMatchObject({ requests: ATTEMPTS, recorded: 1 });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('after %i, whichever kind of event it is', async (code) => {
    const { client, emulator } = await connectedClient(settings);
    for (const event of ONE_OF_EACH) {
      emulator.faults.add({ kind: 'status', status: code, times: 1 });
      expect(await client.send(event)).toMatchObject({ attempts: 2, confirmed: true });
    }
    expect(emulator.counts).toMatchObject({ requests: 6, recorded: 3 });
  });

  it('after a reset before the request, when the connection was kept alive meanwhile', async () => {
    const { client, emulator } = await connectedClient(settings);
    await client.send(inorganicInstall());
    emulator.faults.add({ kind: 'reset_before', times: 1 });
    // It was written, so nobody on this side can know that it was not looked at.
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 2, maybeDuplicate: true });
    expect(emulator.counts).toMatchObject({ requests: 3, recorded: 2, faults: 1 });
  });

  it('after a reset as soon as the connection is accepted', async () => {
    const { client, emulator } = await connectedClient(settings);
    const fault = emulator.faults.add({ kind: 'reset_before', times: 1 });
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
    expect(fault.struck).toBe(1);
    expect(emulator.counts).toMatchObject({ requests: 2, recorded: 1 });
  });

  it('after two answers that end too early', async () => {
    const server = await startSocketServer((socket, count) => {
      if (count < 3) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"status"', () => socket.destroy());
      else socket.write(httpAnswer(200, '{"status":"success"}'));
    });
    const { client } = watchedClient({ ...settings, baseUrl: server.url });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 3, maybeDuplicate: true });
  });
});

describe('nothing can have been recorded', () => {
  it('where the connection is refused', async () => {
    const { client, told } = watchedClient({ ...settings, baseUrl: await refusingUrl() });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined));
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
    expect(told('attempt').map(({ outcome, maybeRecorded }) => [outcome, maybeRecorded])).toEqual(
      Array(ATTEMPTS).fill(['network', false]),
    );
  });

  it('where the name cannot be resolved', async () => {
    // A dispatcher with a resolver of its own, so that nothing leaves the machine.
    const lookup = (name: string, _options: unknown, callback: (error: Error) => void) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
    const dispatcher = new Agent({ connect: { lookup } as object });
    onTestFinished(() => dispatcher.destroy());
    const { client } = watchedClient({ ...settings, baseUrl: 'https://nowhere.invalid', dispatcher });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined));
    expect(error.cause).toMatchObject({ code: 'ENOTFOUND' });
    expect(error.message).toContain('nowhere.invalid');
  });

  it('where the certificate is not trusted', async () => {
    const server = await startTlsServer();
    const { client } = watchedClient({ ...settings, baseUrl: server.url });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined));
    expect(error.cause).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.accepted).toBe(ATTEMPTS);
    expect(server.received).toBe('');
  });

  it('where the server ends the TLS handshake', async () => {
    const server = await startHangUpServer();
    const { client } = watchedClient({ ...settings, baseUrl: server.url.replace('http:', 'https:') });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined));
    expect(server.accepted).toBe(ATTEMPTS);
  });

  it('where the TLS handshake never ends', async () => {
    const server = await startSocketServer();
    const { client, told } = watchedClient({
      ...settings,
      timeoutMs: 50,
      baseUrl: server.url.replace('http:', 'https:'),
    });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined));
    expect(error.message).toContain('no connection could be established within 50 ms');
    expect(told('attempt')).toHaveLength(ATTEMPTS);
    expect(server.requests).toEqual([]);
    await expect.poll(() => server.open).toBe(0);
  });
});

describe('an answer that is larger than anybody reads', () => {
  const bytes = 256 * 1024 * 1024;

  it('is an answer on 200: delivered, not confirmed, not tried again, and never held in memory', async () => {
    const { client, emulator } = await connectedClient(settings);
    emulator.faults.add({ kind: 'oversized_body', bytes });
    const before = process.memoryUsage().rss;
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: false, attempts: 1, status: 200 });
    expect(process.memoryUsage().rss - before).toBeLessThan(bytes / 4);
    expect(emulator.counts.requests).toBe(1);
    // The rest is not read: the connection is given up, and the next event takes another.
    emulator.faults.clear();
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
    await expect.poll(() => emulator.connections.total).toBe(1);
  });

  it('is unconfirmed where confirmation is required', async () => {
    const { client, emulator } = await connectedClient({ ...settings, requireConfirmation: true });
    emulator.faults.add({ kind: 'oversized_body', bytes: 1024 * 1024 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(permanent('unconfirmed', 200, { maybeRecorded: true }));
    expect(error.message.length).toBeLessThan(600);
  });

  it('is tried again on 503, like any 503', async () => {
    const { client, emulator } = await connectedClient(settings);
    emulator.faults.add({ kind: 'status', status: 503, body: 'x'.repeat(1024 * 1024) });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('service_unavailable', 503));
    expect(error.message.length).toBeLessThan(600);
    expect(emulator.counts.requests).toBe(ATTEMPTS);
  });
});

describe('answers before the answer', () => {
  it('are passed over', async () => {
    const server = await startSocketServer((socket) =>
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${httpAnswer(200, '{"status":"success"}')}`),
    );
    const { client } = watchedClient({ ...settings, baseUrl: server.url });
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true, status: 200, attempts: 1 });
  });

  it('do not make an answer of a switch of protocols', async () => {
    const server = await startSocketServer((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    );
    const { client } = watchedClient({ ...settings, baseUrl: server.url });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(factsOf(error)).toEqual(passing('network', undefined, { maybeRecorded: true }));
  });
});
