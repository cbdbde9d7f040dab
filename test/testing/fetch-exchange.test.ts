import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createEmulator, type Fault } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';

function makeEmulator() {
  return createEmulator({ accounts: [canaryCredentials({ region: 'sg' })] });
}

const URL = `https://sg1.api.clevertap.com${target()}`;

describe('handle()', () => {
  it('answers a Request with a Response', async () => {
    const response = await makeEmulator().handle(new Request(URL));
    expect([response.status, response.statusText, response.headers.get('content-type')]).toEqual([
      200,
      'OK',
      'application/json',
    ]);
    expect(await response.text()).toBe('{"status":"success"}');
  });

  it('takes the region from the host, and checks none for a host that is not CleverTap’s', async () => {
    const emulator = makeEmulator();
    const statusAt = async (host: string) => (await emulator.handle(new Request(`https://${host}${target()}`))).status;
    expect(await statusAt('SG1.api.clevertap.com')).toBe(200);
    expect(await statusAt('api.clevertap.com')).toBe(401);
    expect(await statusAt('localhost:8080')).toBe(200);
    expect(emulator.received.map(({ region }) => region)).toEqual(['sg', 'eu', undefined]);
  });

  it('takes POST with a body and refuses other methods', async () => {
    const emulator = makeEmulator();
    const post = await emulator.handle(new Request(URL, { method: 'POST', body: 'x' }));
    const put = await emulator.handle(new Request(URL, { method: 'PUT', body: 'x' }));
    expect([post.status, put.status, put.headers.get('allow')]).toEqual([200, 405, 'GET, POST']);
  });

  it('answers statuses that have no body, and redirects', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'status', status: 204, times: 1 });
    emulator.faults.add({ kind: 'redirect', location: 'https://elsewhere.example/' });
    expect((await emulator.handle(new Request(URL))).status).toBe(204);
    const redirect = await emulator.handle(new Request(URL));
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  });

  it.each<Fault>([{ kind: 'reset_before' }, { kind: 'reset_after' }, { kind: 'garbage' }])(
    '$kind rejects as fetch does',
    async (fault) => {
      const emulator = makeEmulator();
      emulator.faults.add(fault);
      const code: unknown = fault.kind === 'garbage' ? 'HPE_INVALID_CONSTANT' : 'ECONNRESET';
      const failure: unknown = await emulator.handle(new Request(URL)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TypeError);
      expect(failure).toMatchObject({ message: 'fetch failed', cause: { code } });
      expect(emulator.received).toMatchObject([{ fault: fault.kind, status: undefined }]);
    },
  );

  it('broken_body breaks the stream after half of the body', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'broken_body' });
    const response = await emulator.handle(new Request(URL));
    const chunks: Uint8Array[] = [];
    const read = async () => {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) chunks.push(chunk);
    };
    await expect(read()).rejects.toMatchObject({ cause: { code: 'UND_ERR_SOCKET' } });
    expect([response.status, Buffer.concat(chunks).toString()]).toEqual([200, '{"status":']);
  });

  it('oversized_body streams', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'oversized_body', bytes: 200_000 });
    const response = await emulator.handle(new Request(URL));
    expect((await response.arrayBuffer()).byteLength).toBe(200_000);
  });
});

describe('what never comes', () => {
  it('hang waits until the signal aborts, with its reason', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'hang' });
    const abort = new AbortController();
    const pending = emulator.handle(new Request(URL, { signal: abort.signal }));
    abort.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(emulator.counts.requests).toBe(1);
  });

  it('latency ends when the signal aborts', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'latency', ms: 60_000 });
    const pending = emulator.handle(new Request(URL, { signal: AbortSignal.timeout(5) }));
    await expect(pending).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('latency holds the answer back', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'latency', ms: 30 });
    const start = performance.now();
    expect((await emulator.handle(new Request(URL))).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(25);
  });

  it('a signal that has aborted sends nothing', async () => {
    const emulator = makeEmulator();
    const pending = emulator.handle(new Request(URL, { signal: AbortSignal.abort(new Error('too late')) }));
    await expect(pending).rejects.toThrow('too late');
    expect(emulator.counts.requests).toBe(0);
  });

  it('stalled_body stalls until the signal aborts, the reader cancels or the emulator is closed', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'stalled_body' });
    const abort = new AbortController();
    const open = async () => {
      const response = await emulator.handle(new Request(URL, { signal: abort.signal }));
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('{"status":');
      return reader;
    };
    const cancelled = await open();
    const stalled = await open();
    expect(await Promise.race([stalled.read(), delay(20, 'stalled')])).toBe('stalled');
    await cancelled.cancel();
    abort.abort(new Error('enough'));
    await expect(stalled.closed).rejects.toThrow('enough');

    const later = (await emulator.handle(new Request(URL))).text();
    await emulator.close();
    await expect(later).rejects.toThrow('fetch failed');
  });

  it('all of it ends with close(), and nothing is answered afterwards', async () => {
    const emulator = makeEmulator();
    emulator.faults.add({ kind: 'hang', times: 1 });
    emulator.faults.add({ kind: 'latency', ms: 60_000 });
    const pending = [emulator.handle(new Request(URL)), emulator.handle(new Request(URL))];
    await emulator.close();
    for (const request of pending) {
      await expect(request).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'UND_ERR_SOCKET' } });
    }
    await expect(emulator.handle(new Request(URL))).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(emulator.counts.requests).toBe(2);
  });
});
