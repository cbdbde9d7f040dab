import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/errors.js';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';
import { RawConnection } from './raw-connection.js';

function isFree(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(Number(new URL(url).port), '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

describe('close()', () => {
  it('frees all ports', async () => {
    const emulator = await startEmulator();
    const urls = Object.values(emulator.baseUrl);
    expect(urls.length).toBe(7);
    expect(await Promise.all(urls.map(isFree))).toEqual(Array(7).fill(false));
    await emulator.close();
    expect(await Promise.all(urls.map(isFree))).toEqual(Array(7).fill(true));
    await emulator.close();
  });

  it('is what await using calls', async () => {
    let url: string;
    {
      await using emulator = await startEmulator({ listen: 'single' });
      url = emulator.baseUrl;
      expect(await isFree(url)).toBe(false);
    }
    expect(await isFree(url)).toBe(true);
  });

  it('ends connections that hang, wait, stall, flood, are idle or have sent nothing', async () => {
    const emulator = await startEmulator({ listen: 'single', accounts: [canaryCredentials()] });
    const idle = await new RawConnection(emulator.baseUrl).send(target()).until(({ body }) => body.length === 20);
    const silent = new RawConnection(emulator.baseUrl);
    emulator.faults.add({ kind: 'hang', eventType: 'hang' });
    emulator.faults.add({ kind: 'latency', ms: 60_000, eventType: 'wait' });
    emulator.faults.add({ kind: 'stalled_body', eventType: 'stall' });
    emulator.faults.add({ kind: 'oversized_body', bytes: 10 ** 12, eventType: 'flood' });
    const busy = ['hang', 'wait', 'stall', 'flood'].map((event_type) =>
      new RawConnection(emulator.baseUrl).send(target({ event_type })),
    );
    await expect.poll(() => emulator.counts.requests).toBe(5);
    await expect.poll(() => emulator.connections).toEqual({ total: 6, byRegion: {} });
    await emulator.close();
    expect(emulator.connections.total).toBe(0);
    for (const connection of [idle, silent, ...busy]) expect(await connection.ended).toMatch(/^(end|ECONNRESET)$/);
    expect(await isFree(emulator.baseUrl)).toBe(true);
  });

  it('leaves nothing behind that keeps a process alive', async () => {
    const script = `
      const { startEmulator } = await import('./src/testing/index.ts');
      const emulator = await startEmulator({ accounts: [] });
      const dispatcher = emulator.dispatcher();
      const left = [];
      for (const kind of ['latency', 'hang', 'stalled_body']) {
        emulator.faults.add({ kind, eventType: kind, ...(kind === 'latency' ? { ms: 60000 } : {}) });
        const path = '/attribution?event_type=' + kind;
        const inProcess = { origin: 'https://api.clevertap.com', path, method: 'GET', headersTimeout: 60000, bodyTimeout: 60000 };
        left.push(new Promise((_, onResponseError) => {
          dispatcher.dispatch(inProcess, { onRequestStart() {}, onResponseError });
        }));
        left.push(fetch(emulator.baseUrl.in + path).then((response) => response.text()));
        left.push(emulator.handle(new Request('https://api.clevertap.com' + path)).then((response) => response.text()));
      }
      const settled = Promise.allSettled(left);
      while (emulator.counts.requests < 9) await new Promise(setImmediate);
      await emulator.close();
      console.log((await settled).map(({ status }) => status).join());
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      { timeout: 15_000 },
    );
    expect(stdout.trim()).toBe(Array(9).fill('rejected').join());
  });
});

describe('clients that go away', () => {
  it('are no longer counted, and their waits end', async () => {
    await using emulator = await startEmulator({ accounts: [canaryCredentials({ region: 'sk' })] });
    emulator.faults.add({ kind: 'latency', ms: 60_000 });
    const connection = new RawConnection(emulator.baseUrl.sk).send(target());
    await expect.poll(() => emulator.counts.requests).toBe(1);
    const none = { eu: 0, us: 0, in: 0, sg: 0, sk: 0, id: 0, ae: 0 };
    expect(emulator.connections).toEqual({ total: 1, byRegion: { ...none, sk: 1 } });
    connection.leave();
    await expect.poll(() => emulator.connections).toEqual({ total: 0, byRegion: none });
  });
});

describe('the port', () => {
  it('can be chosen with a single listener', async () => {
    const first = await startEmulator({ listen: 'single' });
    const port = Number(new URL(first.baseUrl).port);
    await first.close();
    await using second = await startEmulator({ listen: 'single', port });
    expect(second.baseUrl).toBe(`http://127.0.0.1:${port}`);
    const { statusCode, body } = await request(`${second.baseUrl}/`);
    await body.dump();
    expect(statusCode).toBe(404);
  });

  it('that is taken is a ValidationError', async () => {
    await using emulator = await startEmulator({ listen: 'single' });
    const port = Number(new URL(emulator.baseUrl).port);
    const second = startEmulator({ listen: 'single', port });
    await expect(second).rejects.toThrow(ValidationError);
    await expect(second).rejects.toThrow('port: cannot be listened on (EADDRINUSE)');
  });
});
