import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as undici from 'undici';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Connection, createConnector, STREAMS_PER_CONNECTION, type Connector } from '../../src/delivery/connection.js';
import { CERTIFICATE, KEY } from '../support/self-signed-certificate.js';
import { httpAnswer, refusingUrl, startSocketServer, startTlsServer } from '../support/socket-server.js';

const SUCCESS = httpAnswer(200, 'fine');

interface Options {
  readonly allowH2?: boolean;
  readonly connector?: Connector;
}

function open(origin: string, { allowH2 = false, connector }: Options = {}) {
  const settings = { allowH2, keepAliveTimeoutMs: 30_000 };
  const established: Connection[] = [];
  const connection = new Connection(undici, connector ?? createConnector(undici, settings), origin, settings, (self) =>
    established.push(self),
  );
  onTestFinished(() => connection.destroy());
  return { connection, established };
}

/** Makes a request, and gives its status. */
function statusOf(connection: Connection): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    connection.send(
      { path: '/attribution', method: 'GET' },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(status),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}

/** Whatever a connector gives back, it connects nothing. */
function idleConnector(given: unknown) {
  return vi.fn(() => given);
}

describe('a connection', () => {
  it('begins with nothing on it, and room for one', () => {
    const { connection } = open('http://127.0.0.1');
    const { load, capacity, retired, listed } = connection;
    expect({ load, capacity, retired, listed }).toEqual({ load: 0, capacity: 1, retired: false, listed: false });
  });

  it('is established with its first request, and carries the next ones as well', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { connection, established } = open(server.url);
    expect([await statusOf(connection), await statusOf(connection)]).toEqual([200, 200]);
    expect([server.accepted, established, connection.capacity]).toEqual([1, [connection], 1]);
  });

  it('is established anew after a break, and tells of that', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { connection, established } = open(server.url);
    await statusOf(connection);
    server.hangUp();
    await expect.poll(() => server.open).toBe(0);
    expect(await statusOf(connection)).toBe(200);
    expect([server.accepted, established.length]).toEqual([2, 2]);
  });

  it('that cannot be established fails its request', async () => {
    const { connection, established } = open(await refusingUrl());
    await expect(statusOf(connection)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(established).toEqual([]);
  });
});

describe('a connection over TLS', () => {
  const trusting = (allowH2: boolean) => undici.buildConnector({ allowH2, ca: CERTIFICATE });

  it('carries many requests at once where HTTP/2 is agreed', async () => {
    const server = createSecureServer(
      { key: KEY, cert: CERTIFICATE },
      (_request, response) => void response.end('fine'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { connection } = open(url, { allowH2: true, connector: trusting(true) });
    expect(await statusOf(connection)).toBe(200);
    expect(connection.capacity).toBe(STREAMS_PER_CONNECTION);
    expect(await Promise.all([statusOf(connection), statusOf(connection)])).toEqual([200, 200]);
  });

  it.each([true, false])('carries one at a time where it is not (offered: %s)', async (allowH2) => {
    const server = await startTlsServer((socket) => socket.write(SUCCESS));
    const { connection } = open(server.url, { allowH2, connector: trusting(allowH2) });
    expect(await statusOf(connection)).toBe(200);
    expect(connection.capacity).toBe(1);
  });

  it.each([
    [true, ['http/1.1', 'h2']],
    [false, ['http/1.1']],
  ])('offers HTTP/2 only where that is wanted (%s)', async (allowH2, offered) => {
    const seen: string[][] = [];
    const server = createTlsServer({
      key: KEY,
      cert: CERTIFICATE,
      ALPNCallback: ({ protocols }) => {
        seen.push(protocols.toSorted());
        return undefined;
      },
    });
    server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { connection } = open(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { allowH2 });
    await expect(statusOf(connection)).rejects.toThrow();
    expect(seen).toEqual([offered.toSorted()]);
  });
});

describe('a connection that is warmed', () => {
  it('is established without a request, and its socket carries the first ones', async () => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { connection, established } = open(server.url);
    await connection.warm(10_000);
    await expect.poll(() => server.accepted).toBe(1);
    expect([server.requests, established]).toEqual([[], [connection]]);
    expect([await statusOf(connection), await statusOf(connection)]).toEqual([200, 200]);
    expect(server.accepted).toBe(1);
  });

  it.each([0, 1])('takes another socket when the server closes it after %i requests', async (requests) => {
    const server = await startSocketServer((socket) => socket.write(SUCCESS));
    const { connection } = open(server.url);
    await connection.warm(10_000);
    for (let count = 0; count < requests; count += 1) await statusOf(connection);
    await expect.poll(() => server.open).toBe(1);
    server.hangUp();
    await expect.poll(() => server.open).toBe(0);
    expect(await statusOf(connection)).toBe(200);
    expect(server.accepted).toBe(2);
  });

  it('bears a reset before its first request, and takes another socket for that', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined).on('data', () => socket.write(SUCCESS)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { connection } = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await connection.warm(10_000);
    await expect.poll(() => sockets.length).toBe(1);
    const [first] = sockets;
    const closed = once(first as Socket, 'close');
    first?.resetAndDestroy();
    await closed;
    await new Promise(setImmediate);
    expect(await statusOf(connection)).toBe(200);
    expect(sockets).toHaveLength(2);
  });

  it('says why it could not be established', async () => {
    const { connection, established } = open(await refusingUrl());
    await expect(connection.warm(10_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(established).toEqual([]);
  });

  it('gives up after its time', async () => {
    const silent = await startSocketServer();
    const { connection } = open(silent.url.replace('http:', 'https:'));
    await expect(connection.warm(30)).rejects.toThrow('no connection could be established within 30 ms');
    await expect.poll(() => silent.open).toBe(0);
  });
});

describe('a connection that is destroyed', () => {
  it('before it was used has nothing to break', async () => {
    await expect(open('http://127.0.0.1').connection.destroy()).resolves.not.toThrow();
  });

  it('breaks a socket that was established ahead', async () => {
    const server = await startSocketServer();
    const { connection } = open(server.url);
    await connection.warm(10_000);
    await expect.poll(() => server.open).toBe(1);
    await connection.destroy();
    await expect.poll(() => server.open).toBe(0);
  });

  it('while it is being established breaks what is on its way, and says so', async () => {
    const silent = await startSocketServer();
    const { connection } = open(silent.url.replace('http:', 'https:'));
    const warmed = expect(connection.warm(10_000)).rejects.toThrow('the connection was given up');
    await expect.poll(() => silent.open).toBe(1);
    await connection.destroy();
    await warmed;
    await expect.poll(() => silent.open).toBe(0);
  });

  it.each([[undefined], [null], [7], ['socket'], [{}], [{ destroy: true }]])(
    'bears a connector that gives %o and no socket',
    async (given) => {
      const connector = idleConnector(given);
      const { connection } = open('http://127.0.0.1', { connector: connector as unknown as Connector });
      const failed = expect(statusOf(connection)).rejects.toThrow();
      await expect.poll(() => connector.mock.calls.length).toBe(1);
      await connection.destroy();
      await failed;
    },
  );
});
