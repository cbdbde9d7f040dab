import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import type { AttemptOutcome } from '../../src/delivery/outcome.js';
import { UndiciTransport } from '../../src/delivery/undici-transport.js';
import { VERSION } from '../../src/version.js';
import { httpAnswer, refusingUrl, startSocketServer } from '../support/socket-server.js';

const SUCCESS = httpAnswer(200, '{"status":"success"}');

function newTransport(
  options: { method?: 'GET' | 'POST'; connections?: number } = {},
  TransportClass: typeof UndiciTransport = UndiciTransport,
) {
  const transport = new TransportClass({
    method: 'GET',
    connections: 10,
    keepAliveTimeoutMs: 30_000,
    allowH2: false,
    ...options,
  });
  onTestFinished(() => transport.close());
  const start = (url: string, path = '/attribution?x=1', timeoutMs = 10_000) => {
    const outcomes: AttemptOutcome[] = [];
    let settle: (outcome: AttemptOutcome) => void;
    const outcome = new Promise<AttemptOutcome>((resolve) => (settle = resolve));
    const onOutcome = (result: AttemptOutcome) => {
      outcomes.push(result);
      settle(result);
    };
    const exchange = transport.start(resolveEndpoint('eu', url), path, timeoutMs, { onOutcome });
    return { exchange, outcome, outcomes };
  };
  return { transport, start };
}

describe('a request', () => {
  it.each(['GET', 'POST'] as const)('by %s has the query and nothing secret in its headers', async (method) => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { start } = newTransport({ method });
    expect(await start(server.url).outcome).toMatchObject({ kind: 'answer', status: 200 });
    const [line, ...headers] = server.requests[0]?.split('\r\n') ?? [];
    expect(line).toBe(`${method} /attribution?x=1 HTTP/1.1`);
    expect(headers).toContain(`user-agent: clevertap-attribution/${VERSION} node/${process.versions.node}`);
    expect(headers).toContain(`host: ${new URL(server.url).host}`);
    if (method === 'POST') expect(headers).toContain('content-length: 0');
  });

  it('is given up before undici is loaded, and never made', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { start } = newTransport();
    const { exchange, outcomes } = start(server.url, '/given-up');
    expect(exchange.cancel()).toBe(false);
    await start(server.url).outcome;
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toContain('/attribution');
    expect(outcomes).toEqual([]);
  });

  it('that is given up before undici is loaded opens no connection', async () => {
    const [server, other] = await Promise.all([1, 2].map(() => startSocketServer((socket) => socket.write(SUCCESS))));
    const { start } = newTransport();
    start(server?.url ?? '').exchange.cancel();
    await start(other?.url ?? '').outcome;
    expect([server?.accepted, other?.accepted]).toEqual([0, 1]);
  });

  it('is no answer where undici cannot be loaded', async () => {
    vi.resetModules();
    vi.doMock('undici', () => {
      throw new Error('no such module');
    });
    onTestFinished(() => {
      vi.doUnmock('undici');
    });
    const copy = await import('../../src/delivery/undici-transport.js');
    const { start } = newTransport({}, copy.UndiciTransport);
    expect(await start('http://127.0.0.1').outcome).toMatchObject({
      kind: 'no_answer',
      reason: 'network',
      written: false,
      reset: false,
    });
  });

  it('that cannot be made is no answer', async () => {
    const { start } = newTransport();
    expect(await start(await refusingUrl()).outcome).toMatchObject({
      kind: 'no_answer',
      reason: 'network',
      written: false,
      reset: false,
      code: 'ECONNREFUSED',
    });
  });
});

describe('connections', () => {
  it('are opened ahead where that is asked for, and then used', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { transport, start } = newTransport();
    expect(await transport.warmUp(resolveEndpoint('eu', server.url), 2, 10_000)).toEqual({
      connections: 2,
      error: undefined,
    });
    await Promise.all([start(server.url).outcome, start(server.url).outcome]);
    expect([server.accepted, server.requests.length]).toEqual([2, 2]);
  });

  it('are used again', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { start } = newTransport();
    for (let index = 0; index < 5; index += 1) await start(server.url).outcome;
    expect([server.accepted, server.requests.length]).toEqual([1, 5]);
  });

  it('are made anew after a server closed them', async () => {
    const server = await startSocketServer((socket) =>
      socket.write(httpAnswer(200, '', { connection: 'close' }), () => socket.end()),
    );
    const { start } = newTransport({ connections: 1 });
    for (let index = 0; index < 3; index += 1) {
      expect(await start(server.url).outcome).toMatchObject({ kind: 'answer' });
    }
    expect(server.accepted).toBe(3);
  });

  it('are so many for each origin', async () => {
    const servers = await Promise.all([1, 2].map(() => startSocketServer((socket) => socket.write(SUCCESS))));
    const { start } = newTransport({ connections: 2 });
    await Promise.all(servers.flatMap(({ url }) => Array.from({ length: 8 }, () => start(url).outcome)));
    expect(servers.map(({ requests }) => requests.length)).toEqual([8, 8]);
    for (const { accepted } of servers) expect(accepted).toBeLessThanOrEqual(2);
  });

  it('carry one request at a time', async () => {
    const server = await startSocketServer((socket, count) => {
      if (count > 1) socket.write(SUCCESS);
    });
    const { start } = newTransport({ connections: 1 });
    const first = start(server.url, '/first');
    const second = start(server.url, '/second');
    await expect.poll(() => server.requests.length).toBe(1);
    expect(first.exchange.cancel()).toBe(true);
    expect(await second.outcome).toMatchObject({ kind: 'answer' });
    expect(server.requests.map((request) => request.split(' ')[1])).toEqual(['/first', '/second']);
    expect(server.accepted).toBe(2);
  });

  it('that are on their way up are broken with their request', async () => {
    const server = await startSocketServer();
    const { start } = newTransport();
    const { exchange } = start(server.url.replace('http:', 'https:'));
    await expect.poll(() => server.open).toBe(1);
    expect(exchange.cancel()).toBe(false);
    await expect.poll(() => server.open).toBe(0);
  });

  it('are all broken by close(), whatever they are at', async () => {
    const silent = await startSocketServer();
    const server = await startSocketServer((socket, count) => {
      if (count === 1) socket.write(SUCCESS);
    });
    const { transport, start } = newTransport();
    await start(server.url).outcome;
    start(server.url);
    start(silent.url.replace('http:', 'https:'));
    await expect.poll(() => [server.requests.length, silent.open]).toEqual([2, 1]);
    await transport.close();
    await expect.poll(() => [server.open, silent.open]).toEqual([0, 0]);
  });
});

it('starts nothing more of what waits once it is halted', async () => {
  const server = await startSocketServer((socket) => socket.write(SUCCESS));
  const { transport, start } = newTransport({ connections: 1 });
  await start(server.url).outcome;
  const under = start(server.url);
  const waiting = start(server.url);
  transport.halt();
  await under.outcome;
  await new Promise(setImmediate);
  expect(server.requests).toHaveLength(2);
  expect(waiting.exchange.cancel()).toBe(false);
});
