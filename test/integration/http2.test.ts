import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { canaryCredentials } from '../support/canary.js';
import { runScript } from '../support/child-process.js';
import { CERTIFICATE, KEY } from '../support/self-signed-certificate.js';

let certificateFile: string;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  certificateFile = join(folder, 'certificate.pem');
  writeFileSync(certificateFile, CERTIFICATE);
  return () => rmSync(folder, { recursive: true });
});

/** A server that speaks HTTP/2 and 1.1 and holds its answers back until so many requests are under way. */
async function startServer(together: number, onSession?: (session: ServerHttp2Session, count: number) => void) {
  const seen: { version: string; peers: Set<number | undefined>; most: number } = {
    version: '',
    peers: new Set(),
    most: 0,
  };
  const held: (() => void)[] = [];
  const server: Http2SecureServer = createSecureServer({ key: KEY, cert: CERTIFICATE, allowHTTP1: true });
  server.on('request', (request, response) => {
    seen.version = request.httpVersion;
    seen.peers.add(request.socket.remotePort);
    held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success"}'));
    seen.most = Math.max(seen.most, held.length);
    if (held.length >= together) for (const answer of held.splice(0)) answer();
  });
  let sessions = 0;
  server.on('session', (session) => {
    sessions += 1;
    onSession?.(session, sessions);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Sends so many events at once from a process that trusts the certificate, and gives what came of them. */
async function sendFrom(url: string, events: number, options: object): Promise<unknown> {
  const script = `
    import { AttributionClient } from './src/index.ts';
    const { region, ...credentials } = ${JSON.stringify(canaryCredentials())};
    const client = new AttributionClient({ partnerName: 'airbridge', credentials, baseUrl: '${url}', ...${JSON.stringify(options)} });
    const event = { type: 'custom', name: 'Purchase', deviceIdentifier: '__a', platform: 'android' };
    const sent = await Promise.allSettled(Array.from({ length: ${events} }, () => client.send(event)));
    const { delivered, attempts } = client.counters();
    await client.close();
    console.log(JSON.stringify({ delivered, attempts, failures: sent.filter((s) => s.reason).map((s) => s.reason.message) }));
  `;
  return JSON.parse(await runScript(script, { NODE_EXTRA_CA_CERTS: certificateFile }));
}

describe('allowH2', () => {
  const concurrency = { perProject: 50, total: 50 };

  it('puts requests that are under way together on one connection', async () => {
    const { url, seen } = await startServer(50);
    expect(await sendFrom(url, 50, { allowH2: true, concurrency })).toEqual({
      delivered: 50,
      attempts: 50,
      failures: [],
    });
    expect(seen).toMatchObject({ version: '2.0', most: 50 });
    expect(seen.peers.size).toBe(1);
  });

  it('is off by default', async () => {
    const { url, seen } = await startServer(10);
    expect(await sendFrom(url, 10, { concurrency })).toEqual({ delivered: 10, attempts: 10, failures: [] });
    expect(seen.version).toBe('1.1');
    expect(seen.peers.size).toBe(10);
  });

  it('goes on over a new connection when the server ends the session', async () => {
    const { url, seen } = await startServer(1, (session, count) => {
      if (count === 1) session.once('stream', () => session.goaway());
    });
    expect(
      await sendFrom(url, 30, {
        allowH2: true,
        concurrency: { perProject: 1, total: 1 },
        retry: { initialDelayMs: 1 },
      }),
    ).toMatchObject({ delivered: 30, failures: [] });
    expect(seen.version).toBe('2.0');
  });
});
