import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { context } from '@opentelemetry/api';
import { node } from '@opentelemetry/sdk-node';
import type { Dispatcher } from 'undici';
import { Agent, MockAgent, ProxyAgent, request } from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { DispatcherTransport } from '../../src/delivery/dispatcher-transport.js';
import type { AttemptOutcome } from '../../src/delivery/outcome.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';

const ORIGIN = 'https://proxy.example';

type Dispatch = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => boolean;

function begin(dispatcher: Dispatcher | Dispatch, timeoutMs = 10_000, origin = ORIGIN) {
  const outcomes: AttemptOutcome[] = [];
  let settle: (outcome: AttemptOutcome) => void;
  const outcome = new Promise<AttemptOutcome>((resolve) => (settle = resolve));
  const transport = new DispatcherTransport(
    typeof dispatcher === 'function' ? ({ dispatch: dispatcher } as unknown as Dispatcher) : dispatcher,
    'GET',
  );
  const onOutcome = (result: AttemptOutcome) => {
    outcomes.push(result);
    settle(result);
  };
  const exchange = transport.start(resolveEndpoint('eu', origin), '/attribution?x=1', timeoutMs, { onOutcome });
  return { transport, exchange, outcome, outcomes };
}

const controller = {
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  aborted: false,
  paused: false,
  reason: null,
} as unknown as Dispatcher.DispatchController;

function mockAgent(): MockAgent {
  const agent = new MockAgent();
  agent.disableNetConnect();
  onTestFinished(() => agent.close());
  return agent;
}

describe('a dispatcher of the caller', () => {
  it('gets the request whole', () => {
    const seen: Dispatcher.DispatchOptions[] = [];
    begin((options) => {
      seen.push(options);
      return true;
    });
    expect(seen).toEqual([
      {
        origin: ORIGIN,
        path: '/attribution?x=1',
        method: 'GET',
        headers: ['user-agent', expect.stringContaining('clevertap-attribution/') as string],
      },
    ]);
  });

  it('may be a mock, whose answer is read like any other', async () => {
    const agent = mockAgent();
    agent
      .get(ORIGIN)
      .intercept({ path: '/attribution?x=1' })
      .reply(429, '{"status":"fail"}', { headers: { 'Retry-After': '7' } });
    expect(await begin(agent).outcome).toEqual({
      kind: 'answer',
      status: 429,
      retryAfter: '7',
      body: '{"status":"fail"}',
    });
  });

  it('may be an agent, and its connection may break', async () => {
    const server = await startSocketServer((socket, count) => {
      if (count === 1) socket.write(httpAnswer(200, 'fine'));
      else socket.destroy();
    });
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    expect(await begin(agent, 10_000, server.url).outcome).toMatchObject({ kind: 'answer', body: 'fine' });
    expect(await begin(agent, 10_000, server.url).outcome).toMatchObject({
      kind: 'no_answer',
      written: true,
      reset: true,
    });
  });

  it('may throw', async () => {
    const thrower = () => {
      throw Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' });
    };
    expect(await begin(thrower).outcome).toEqual({
      kind: 'no_answer',
      reason: 'network',
      written: false,
      reset: false,
      message: 'no route',
      code: 'EHOSTUNREACH',
    });
  });

  it('may throw what is no error', async () => {
    const thrower = () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw 'no route';
    };
    expect(await begin(thrower).outcome).toMatchObject({ message: 'no route', code: undefined });
  });

  it('may throw after it has failed the request, which then has failed once', () => {
    const { outcomes } = begin((_options, handler) => {
      handler.onResponseError?.(controller, new Error('first'));
      throw new Error('second');
    });
    expect(outcomes).toMatchObject([{ message: 'first' }]);
  });

  it('may answer while it takes the request', () => {
    const { outcomes } = begin((_options, handler) => {
      handler.onRequestStart?.(controller, undefined);
      handler.onResponseStart?.(controller, 200, { 'retry-after': ['1', '2'] }, 'OK');
      handler.onResponseData?.(controller, Buffer.from('fine'));
      handler.onResponseEnd?.(controller, {});
      return true;
    });
    expect(outcomes).toEqual([{ kind: 'answer', status: 200, retryAfter: '1,2', body: 'fine' }]);
  });

  it('may answer without Retry-After', () => {
    const { outcomes } = begin((_options, handler) => {
      handler.onRequestStart?.(controller, undefined);
      handler.onResponseStart?.(controller, 503, {}, 'Service Unavailable');
      handler.onResponseEnd?.(controller, {});
      return true;
    });
    expect(outcomes).toEqual([{ kind: 'answer', status: 503, retryAfter: undefined, body: '' }]);
  });

  it('that stays silent costs the attempt its time', async () => {
    expect(await begin(() => true, 30).outcome).toMatchObject({ reason: 'network', written: false });
    const started = (_options: unknown, handler: Dispatcher.DispatchHandler) => {
      handler.onRequestStart?.(controller, undefined);
      return true;
    };
    expect(await begin(started, 30).outcome).toMatchObject({ reason: 'timeout', written: true });
  });

  it('has a request aborted that was given up before it began', () => {
    let handler: Dispatcher.DispatchHandler | undefined;
    const aborted: unknown[] = [];
    const { exchange } = begin((_options, given) => {
      handler = given;
      return true;
    });
    expect(exchange.cancel()).toBe(false);
    handler?.onRequestStart?.({ ...controller, abort: (reason) => aborted.push(reason) }, undefined);
    expect(aborted).toMatchObject([{ message: 'given up by clevertap-attribution' }]);
  });

  it('has a request aborted that is given up in the middle', () => {
    const aborted: unknown[] = [];
    const { exchange } = begin((_options, handler) => {
      handler.onRequestStart?.({ ...controller, abort: (reason) => aborted.push(reason) }, undefined);
      return true;
    });
    expect(exchange.cancel()).toBe(true);
    expect(aborted).toHaveLength(1);
  });

  it('has a switch of protocols ended', async () => {
    let destroyed = false;
    const { outcome } = begin((_options, handler) => {
      handler.onRequestStart?.(controller, undefined);
      const socket = { destroy: () => (destroyed = true) } as never;
      handler.onRequestUpgrade?.(controller, 101, {}, socket);
      return true;
    });
    expect(await outcome).toMatchObject({ kind: 'answer', status: 101 });
    expect(destroyed).toBe(true);
  });

  it('stays open', async () => {
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const { transport } = begin(agent);
    transport.halt();
    await expect(transport.close()).resolves.toBeUndefined();
    expect([agent.closed, agent.destroyed]).toEqual([false, false]);
  });
});

it('has no connections of its own to open ahead', async () => {
  const { transport } = begin(mockAgent());
  expect(await transport.warmUp()).toEqual({ connections: 0, error: undefined });
});

describe('with OpenTelemetry', () => {
  /** Starts more requests than the dispatcher has connections, and gives what was warned of when all have ended. */
  async function warningsOf(dispatcher: Dispatcher, url: string): Promise<unknown[]> {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => emitWarning.mockRestore());
    new node.NodeTracerProvider().register();
    onTestFinished(() => context.disable());
    const transport = new DispatcherTransport(dispatcher, 'GET');
    const outcomes = Array.from({ length: 6 }, () => {
      return new Promise<AttemptOutcome>((onOutcome) => {
        transport.start(resolveEndpoint('eu', url), '/attribution?x=1', 10_000, { onOutcome });
      });
    });
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ kind: 'answer', status: 200 });
    return emitWarning.mock.calls;
  }

  async function agentAndServer() {
    const server = await startSocketServer((socket) => socket.write(httpAnswer(200, '{"status":"success"}')));
    const agent = new Agent({ connections: 2 });
    onTestFinished(() => agent.destroy());
    return { agent, url: server.url };
  }

  /** An agent for a proxy that opens tunnels, or takes whole URLs, and the URL of a server behind it. */
  async function proxied(proxyTunnel: boolean) {
    const { url } = await agentAndServer();
    const proxy = createServer((_request, response) => response.end('{"status":"success"}'));
    proxy.on('connect', (_request, socket: Socket) => {
      const upstream = connect(Number(new URL(url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      });
      socket.pipe(upstream).pipe(socket);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const agent = new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel, connections: 2 });
    onTestFinished(async () => {
      await agent.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    });
    return { agent, url };
  }

  it.each([true, false])('a proxy agent of our own is nothing to warn of (tunnels: %s)', async (proxyTunnel) => {
    const { agent, url } = await proxied(proxyTunnel);
    expect(await warningsOf(agent, url)).toEqual([]);
  });

  it('a proxy agent whose connections others opened is warned of, once', async () => {
    const { agent, url } = await proxied(true);
    const own = [1, 2].map(() => request(url, { dispatcher: agent }).then(({ body }) => body.text()));
    await Promise.all(own);
    expect(await warningsOf(agent, url)).toEqual([
      [expect.stringMatching(/may record its URL/), 'ClevertapAttributionWarning'],
    ]);
  });

  it('a dispatcher of our own is nothing to warn of, however many wait in it', async () => {
    const { agent, url } = await agentAndServer();
    expect(await warningsOf(agent, url)).toEqual([]);
  });

  it('one whose connections others opened is warned of, once', async () => {
    const { agent, url } = await agentAndServer();
    const own = [1, 2].map(() => request(url, { dispatcher: agent }).then(({ body }) => body.text()));
    await Promise.all(own);
    expect(await warningsOf(agent, url)).toEqual([
      [
        expect.stringMatching(
          /may record its URL with the token and passcode in it; give the client a dispatcher of its own/,
        ),
        'ClevertapAttributionWarning',
      ],
    ]);
  });
});
