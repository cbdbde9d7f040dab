import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { CERTIFICATE, KEY } from '../../test/support/self-signed-certificate.js';
import { bodyOf } from '../server/answers.js';

/** What the server is started with. */
export interface H2ServerOptions {
  /** Time until an answer, in milliseconds. */
  readonly latencyMs: number;
}

/** Starts a server that speaks HTTP/2 and takes everything. */
export async function start({ latencyMs }: H2ServerOptions) {
  const server = createSecureServer({ key: KEY, cert: CERTIFICATE });
  const body = bodyOf(200);
  const headers = { ':status': 200, 'content-type': 'application/json', 'content-length': body.length };
  server.on('stream', (stream) => {
    const answer = () => {
      if (stream.destroyed) return;
      stream.respond(headers);
      stream.end(body);
    };
    stream.on('error', () => undefined);
    if (latencyMs > 0) setTimeout(answer, latencyMs);
    else answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { origin: () => `https://127.0.0.1:${port}` };
}
