import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { CERTIFICATE, KEY } from './self-signed-certificate.js';

/** A server that says on each connection what a test has it say. */
export interface SocketServer {
  /** Its URL, without a path. */
  readonly url: string;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Everything that was received so far, on all connections. */
  readonly received: string;
  /** Requests that were received so far; their heads, as there are no bodies. */
  readonly requests: readonly string[];
  /** Ends all connections. */
  hangUp(): void;
}

/** What a server does with a request; `count` is 1 for the first of all. */
export type RequestScript = (socket: Socket, count: number) => void;

/** Listens on the loopback address and carries out a script for each request; without one it stays silent. */
export async function startSocketServer(script: RequestScript = () => undefined): Promise<SocketServer> {
  return listen(createServer(), 'http', script);
}

/** Listens on the loopback address and ends each connection with the first bytes that come. */
export async function startHangUpServer(): Promise<SocketServer> {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  return listen(server, 'http', () => undefined);
}

/** The same behind TLS, with a certificate that nobody trusts. */
export async function startTlsServer(script: RequestScript = () => undefined): Promise<SocketServer> {
  return listen(createTlsServer({ key: KEY, cert: CERTIFICATE }), 'https', script);
}

async function listen(server: Server, scheme: string, script: RequestScript): Promise<SocketServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let accepted = 0;
  let received = '';
  server.on('connection', (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on(scheme === 'https' ? 'secureConnection' : 'connection', (socket: Socket) => {
    let unread = '';
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1');
        received += text;
        unread += text;
        for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
          requests.push(unread.slice(0, end));
          unread = unread.slice(end + 4);
          script(socket, requests.length);
        }
      });
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get accepted() {
      return accepted;
    },
    get open() {
      return sockets.size;
    },
    get received() {
      return received;
    },
    requests,
    hangUp: () => {
      for (const socket of sockets) socket.end();
    },
  };
}

/** A URL of the loopback address on which nobody listens. */
export async function refusingUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** An HTTP answer as it goes over the wire. */
export function httpAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ 'content-length': String(Buffer.byteLength(body)), ...headers });
  return `HTTP/1.1 ${status} Whatever\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
