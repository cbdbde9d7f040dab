import { inspect } from 'node:util';
import { MockAgent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AttributionClient } from '../../src/client.js';
import type { Notice } from '../../src/observe/notice.js';
import type { FaultBehaviour } from '../../src/testing/index.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { canaryEmulator, connectedClient, timeoutFor, watchedClient } from '../support/connected-client.js';
import { inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn, failureOf } from '../support/failure-of.js';
import { httpAnswer, refusingUrl, startSocketServer, startTlsServer } from '../support/socket-server.js';

// failureOf searches each error; here goes all the rest.

const retry = { maxAttempts: 2 } as const;

/** Searches everything that a client lets anybody see. */
function expectNothingSecretAbout(client: AttributionClient, notices: readonly Notice[]): void {
  for (const value of [notices, client.counters(), client.regions(), client, client.toJSON(), inspect(client)]) {
    expectNothingSecretIn(value);
  }
  const options = { depth: Infinity, showHidden: true, getters: true } as const;
  expectNothingSecretIn(inspect(client, { ...options, customInspect: false }));
  expectNothingSecretIn(inspect({ nested: [client] }, options));
}

const echo = `account_token=${CANARY_TOKEN}&account_passcode=${CANARY_PASSCODE} ${CANARY_TOKEN}/${CANARY_PASSCODE}`;

const FAULTS: FaultBehaviour[] = [
  ...[302, 400, 401, 403, 404, 408, 429, 500, 502, 503].map((status): FaultBehaviour => ({
    kind: 'status',
    status,
    body: JSON.stringify({ status: 'fail', error: echo }),
  })),
  { kind: 'status', status: 400, body: `{"error":"${CANARY_TOKEN} is missing"}` },
  { kind: 'status', status: 503, body: echo },
  { kind: 'status', status: 200, body: `{"status":"fail","error":"${echo}","code":500}` },
  { kind: 'redirect', location: `https://elsewhere.example/attribution?${echo.replaceAll(' ', '&')}` },
  { kind: 'hang' },
  { kind: 'stalled_body' },
  { kind: 'broken_body' },
  { kind: 'reset_before' },
  { kind: 'reset_after' },
  { kind: 'garbage' },
  { kind: 'oversized_body', bytes: 200_000 },
];

describe('nothing that anybody sees holds a secret', () => {
  it.each(FAULTS)('when the answer is $kind $status $body', async (fault) => {
    const { client, emulator, notices, told } = await connectedClient({
      retry: { maxAttempts: 1 },
      timeoutMs: timeoutFor(fault),
      requireConfirmation: true,
    });
    emulator.faults.add(fault);
    const error = await failureOf(client.send(inorganicInstall()));
    const { items } = await collect(client.forward([{ event: inorganicInstall() }]));
    expectNothingSecretIn(items);
    expect(told('failed').map((notice) => notice.error.code)).toEqual([error.code, error.code]);
    expectNothingSecretAbout(client, notices);
    expectNothingSecretIn(emulator.received);
  });

  it('when all is well', async () => {
    const { client, emulator, notices } = await connectedClient();
    const project = client.project(canaryCredentials({ projectId: 'OTHER' }));
    emulator.addAccount(canaryCredentials({ projectId: 'OTHER' }));
    expectNothingSecretIn(await client.send(inorganicInstall()));
    expectNothingSecretIn(await project.send(inorganicInstall()));
    expectNothingSecretIn(project);
    expectNothingSecretIn(inspect(project, { showHidden: true, depth: Infinity, customInspect: false }));
    expectNothingSecretAbout(client, notices);
    expectNothingSecretIn(emulator.received);
  });

  it('while events are under way', async () => {
    const { client, emulator, notices, told } = await connectedClient({ concurrency: { perProject: 2 } });
    emulator.faults.add({ kind: 'status', status: 503, retryAfter: 60, times: 1 });
    emulator.faults.add({ kind: 'hang' });
    const ends = [1, 2, 3, 4].map(() => client.send(inorganicInstall()).catch(() => undefined));
    await expect.poll(() => told('retry')).toHaveLength(1);
    await expect.poll(() => emulator.counts.requests).toBe(3);
    expectNothingSecretAbout(client, notices);
    await client.close({ timeoutMs: 0 });
    await Promise.all(ends);
    expectNothingSecretAbout(client, notices);
  });

  it('when a proxy answers with the whole request', async () => {
    const server = await startSocketServer((socket) => {
      const [request = ''] = server.requests;
      const path = request.split(' ')[1] ?? '';
      const location = `https://elsewhere.example${path}`;
      const count = server.requests.length;
      if (count % 3 === 0) socket.write(httpAnswer(302, path, { location }));
      else if (count % 3 === 1) socket.write(httpAnswer(502, `<html>No upstream for "${server.url}${path}"</html>`));
      else
        socket.write(
          httpAnswer(400, JSON.stringify({ status: 'fail', error: `bad request line: GET ${path} HTTP/1.1` })),
        );
    });
    const { client, notices } = watchedClient({ baseUrl: server.url, retry: { maxAttempts: 1 } });
    const errors = [];
    for (let index = 0; index < 3; index += 1) errors.push(await failureOf(client.send(inorganicInstall())));
    expect(errors.map(({ code }) => code)).toEqual(['service_unavailable', 'bad_request', 'unexpected_response']);
    // What is not secret is kept, or nobody could tell what went wrong.
    expect(errors[0]?.message).toContain('No upstream');
    expect(errors[1]?.message).toContain('bad request line');
    expectNothingSecretAbout(client, notices);
  });

  it('when the text repeats the credentials across the place where it is cut', async () => {
    const { client, emulator } = await connectedClient({ retry: { maxAttempts: 1 } });
    for (let length = 270; length < 310; length += 1) {
      emulator.faults.add({
        kind: 'status',
        status: 500,
        body: `${'x'.repeat(length)}${CANARY_TOKEN}${CANARY_PASSCODE}`,
        times: 1,
      });
      const { message } = await failureOf(client.send(inorganicInstall()));
      expect(message).not.toContain('canary');
    }
  });

  it('when a dispatcher of the caller has no answer and says for which path', async () => {
    const dispatcher = new MockAgent();
    dispatcher.disableNetConnect();
    onTestFinished(() => dispatcher.close());
    const { client, notices } = watchedClient({ dispatcher, retry });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'network', attempts: 2, maybeRecorded: false });
    expect(error.message).toContain('Mock dispatch not matched');
    expectNothingSecretAbout(client, notices);
  });

  it.each([
    ['is refused', refusingUrl],
    ['is not trusted', async () => (await startTlsServer()).url],
  ])('when the connection %s', async (_, url) => {
    const { client, notices } = watchedClient({ baseUrl: await url(), retry });
    await failureOf(client.send(inorganicInstall()));
    expectNothingSecretAbout(client, notices);
  });

  it('when credentials, options or events are wrong', async () => {
    const { client } = watchedClient();
    const [token, passcode] = [`${CANARY_TOKEN} !`, `${CANARY_PASSCODE} !`];
    const wrong = canaryCredentials({ projectToken: token, projectPasscode: passcode, region: CANARY_TOKEN });
    await failureOf(() => client.project(wrong));
    await failureOf(() => client.replaceCredentials(wrong));
    await failureOf(() => client.project({ ...canaryCredentials(), [CANARY_TOKEN.slice(0, 3)]: CANARY_TOKEN }));
    await failureOf(() => watchedClient({ credentials: wrong }));
    await failureOf(() => watchedClient({ baseUrl: `https://user:${CANARY_PASSCODE}@proxy.example` }));
    await failureOf(client.send(inorganicInstall({ params: { account_token: CANARY_TOKEN } })));
    await failureOf(client.send(inorganicInstall({ platform: '', utmSource: '' })));
  });

  it('when credentials that were looked up are wrong', async () => {
    const { client, notices } = watchedClient();
    const lookups = [
      () => canaryCredentials({ projectId: 'A', projectPasscode: `${CANARY_PASSCODE} !` }),
      () => canaryCredentials({ projectId: 'B' }),
    ];
    for (const credentials of lookups) {
      const { items } = await collect(client.forward([{ event: inorganicInstall(), projectId: 'A' }], { credentials }));
      expect(items).toMatchObject([{ status: 'failed', error: { code: 'authentication' } }]);
      expectNothingSecretIn(items);
    }
    expectNothingSecretAbout(client, notices);
  });

  it('in what comes of it when credentials are replaced', async () => {
    const emulator = await canaryEmulator();
    const { client, notices } = watchedClient({ baseUrl: emulator.baseUrl });
    await client.send(inorganicInstall());
    client.replaceCredentials(canaryCredentials({ projectPasscode: `${CANARY_PASSCODE}-next` }));
    await failureOf(client.send(inorganicInstall()));
    expectNothingSecretAbout(client, notices);
  });
});

describe('the check itself', () => {
  it('finds what it looks for', () => {
    expect(() => expectNothingSecretIn(new Error(`x ${CANARY_TOKEN}`))).toThrow();
    expect(() => expectNothingSecretIn({ deep: { path: '/attribution?account_id=1' } })).toThrow();
    expect(() =>
      expectNothingSecretIn([Object.assign(new Error('x'), { cause: { text: CANARY_PASSCODE } })]),
    ).toThrow();
  });
});
