import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type ListeningEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';
import { RawConnection } from './raw-connection.js';

let emulator: ListeningEmulator<string>;
let agent: Agent;

beforeAll(async () => {
  emulator = await startEmulator({ listen: 'single', accounts: [canaryCredentials()] });
  agent = new Agent({ connections: 1 });
});

afterEach(() => emulator.reset());

afterAll(async () => {
  await agent.destroy();
  await emulator.close();
});

async function ask(changes: Record<string, string> = {}) {
  const { statusCode, headers, body } = await request(`${emulator.baseUrl}${target(changes)}`, { dispatcher: agent });
  return { status: statusCode, headers, body: await body.text() };
}

function raw(): RawConnection {
  return new RawConnection(emulator.baseUrl);
}

describe('status', () => {
  it('answers it in the form of the document', async () => {
    emulator.faults.add({ kind: 'status', status: 503 });
    expect(await ask()).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/json' },
      body: '{"status":"fail","error":"Service Unavailable. Please retry later.","code":503}',
    });
    expect(emulator.received).toMatchObject([{ outcome: 'fault', fault: 'status', status: 503, recorded: false }]);
  });

  it('answers 429 with Retry-After in seconds or as a date', async () => {
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 7, times: 1 });
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' });
    expect(await ask()).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7' },
      body: '{"status":"fail","error":"Too Many Requests","code":429}',
    });
    expect(await ask()).toMatchObject({ headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' } });
  });

  it.each([
    ['{"message":"over quota"}', 'application/json'],
    ['<html>Bad Gateway</html>', 'text/html; charset=utf-8'],
    ['über', 'text/plain; charset=utf-8'],
    ['', 'text/plain; charset=utf-8'],
  ])('answers with the body %s as %s', async (body, type) => {
    emulator.faults.add({ kind: 'status', status: 502, body });
    expect(await ask()).toMatchObject({ status: 502, headers: { 'content-type': type }, body });
  });

  it('answers a status without a body', async () => {
    emulator.faults.add({ kind: 'status', status: 204, times: 1 });
    emulator.faults.add({ kind: 'status', status: 304, body: 'dropped', times: 1 });
    expect(await ask()).toMatchObject({ status: 204, body: '' });
    expect(await ask()).toMatchObject({ status: 304, body: '' });
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it('can record the event that it denies, if the event could have been taken', async () => {
    emulator.faults.add({ kind: 'status', status: 504, recorded: true });
    expect((await ask()).status).toBe(504);
    expect((await ask({ partner_name: '' })).status).toBe(504);
    expect((await ask({ account_token: 'wrong-token' })).status).toBe(504);
    expect(emulator.received.map(({ recorded }) => recorded)).toEqual([true, false, false]);
    expect(emulator.counts).toMatchObject({ requests: 3, recorded: 1, refused: 0, faults: 3, byStatus: { 504: 3 } });
  });
});

describe('answers that are 200 and say otherwise', () => {
  it('empty_200', async () => {
    emulator.faults.add({ kind: 'empty_200' });
    expect(await ask()).toMatchObject({ status: 200, headers: { 'content-length': '0' }, body: '' });
  });

  it('html_200', async () => {
    emulator.faults.add({ kind: 'html_200' });
    const { status, headers, body } = await ask();
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toMatch(/^<!DOCTYPE html>/);
  });

  it('fail_200', async () => {
    emulator.faults.add({ kind: 'fail_200', times: 1 });
    emulator.faults.add({ kind: 'fail_200', code: 401, error: 'Invalid Account Info', times: 1 });
    emulator.faults.add({ kind: 'fail_200', code: 503, error: 'Later', status: 'partial' });
    expect(await ask()).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"status":"fail","error":"The event was not processed"}',
    });
    expect((await ask()).body).toBe('{"status":"fail","error":"Invalid Account Info","code":401}');
    expect((await ask()).body).toBe('{"status":"partial","error":"Later","code":503}');
  });

  it('oversized_body', async () => {
    emulator.faults.add({ kind: 'oversized_body', bytes: 1_000_001 });
    const { status, headers, body } = await ask();
    expect([status, headers['content-length'], body.length]).toEqual([200, '1000001', 1_000_001]);
  });

  it('oversized_body is made as it is read, and ends when the client leaves', async () => {
    emulator.faults.add({ kind: 'oversized_body', bytes: 10 ** 12 });
    const connection = await raw()
      .send(target())
      .until(({ body }) => body.length > 100_000);
    connection.leave();
    await expect.poll(() => emulator.connections.total).toBeLessThanOrEqual(1);
  });
});

it('redirect', async () => {
  emulator.faults.add({ kind: 'redirect', location: 'https://elsewhere.example/attribution' });
  expect(await ask()).toMatchObject({
    status: 302,
    headers: { location: 'https://elsewhere.example/attribution' },
    body: '',
  });
});

describe('time', () => {
  it('latency holds the answer back and changes nothing else', async () => {
    emulator.faults.add({ kind: 'latency', ms: 60, times: 1 });
    const start = performance.now();
    expect((await ask()).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(55);
    expect(emulator.received).toMatchObject([{ outcome: 'recorded', fault: undefined, status: 200, delayMs: 60 }]);
  });

  it('latencies add up and go on to the fault behind them', async () => {
    emulator.faults.add({ kind: 'latency', ms: 20 });
    emulator.faults.add({ kind: 'latency', ms: 30 });
    emulator.faults.add({ kind: 'status', status: 500 });
    emulator.faults.add({ kind: 'latency', ms: 60_000 });
    expect((await ask()).status).toBe(500);
    expect(emulator.received).toMatchObject([{ fault: 'status', delayMs: 50 }]);
  });

  it('hang reads the request and never answers', async () => {
    emulator.faults.add({ kind: 'hang' });
    const connection = raw().send(target(), 'POST', 'content-length: 3\r\n\r\nabc');
    await expect.poll(() => emulator.counts.faults).toBe(1);
    // Nothing to wait for: an answer would have come long before this.
    expect(await Promise.race([connection.ended, delay(50, 'still open')])).toBe('still open');
    expect(connection.text).toBe('');
    expect(emulator.received).toMatchObject([{ fault: 'hang', status: undefined, recorded: false }]);
    connection.leave();
  });
});

describe('broken connections', () => {
  const half = '{"status":';

  it('stalled_body sends the head and half of the body, then nothing', async () => {
    emulator.faults.add({ kind: 'stalled_body' });
    const connection = await raw()
      .send(target())
      .until(({ body }) => body.length >= 10);
    expect(await Promise.race([connection.ended, delay(50, 'still open')])).toBe('still open');
    expect(connection.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(connection.text).toContain('content-length: 20\r\n');
    expect(connection.body).toBe(half);
    expect(emulator.received).toMatchObject([{ fault: 'stalled_body', status: 200, recorded: false }]);
    connection.leave();
  });

  it('broken_body sends the head and half of the body, then ends', async () => {
    emulator.faults.add({ kind: 'broken_body', recorded: true });
    const connection = raw().send(target());
    expect(await connection.ended).toBe('end');
    expect(connection.body).toBe(half);
    expect(emulator.received).toMatchObject([{ fault: 'broken_body', status: 200, recorded: true }]);
  });

  it('reset_after resets once the request is read', async () => {
    emulator.faults.add({ kind: 'reset_after', recorded: true });
    const connection = raw().send(target());
    expect([await connection.ended, connection.text]).toEqual(['ECONNRESET', '']);
    expect(emulator.received).toMatchObject([{ fault: 'reset_after', status: undefined, recorded: true }]);
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(emulator.counts).toMatchObject({ requests: 2, recorded: 2, faults: 2, byStatus: {} });
  });

  it('reset_after waits for the whole body of a POST', async () => {
    emulator.faults.add({ kind: 'reset_after' });
    const connection = raw().send(target(), 'POST', 'content-length: 6\r\n\r\nabc');
    await expect.poll(() => emulator.counts.requests).toBe(1);
    expect(await Promise.race([connection.ended, delay(50, 'still open')])).toBe('still open');
    connection.leave();
  });

  it('reset_before resets a connection as it is accepted', async () => {
    emulator.faults.add({ kind: 'reset_before', times: 1 });
    const connection = raw();
    expect([await connection.ended, connection.text]).toEqual(['ECONNRESET', '']);
    expect(emulator.received).toMatchObject([
      { fault: 'reset_before', method: undefined, accountId: undefined, recorded: false },
    ]);
    const next = await raw()
      .send(target())
      .until(({ body }) => body.length === 20);
    expect(next.body).toBe('{"status":"success"}');
    next.leave();
  });

  it('reset_before resets a connection that was kept alive when the next request comes', async () => {
    const connection = await raw()
      .send(target())
      .until(({ body }) => body.length === 20);
    emulator.faults.add({ kind: 'reset_before' });
    expect(await connection.send(target()).ended).toBe('ECONNRESET');
    expect(emulator.counts).toMatchObject({ requests: 2, recorded: 1, faults: 1 });
    expect(emulator.received[1]).toMatchObject({ fault: 'reset_before', accountId: 'TEST-111-222Z', recorded: false });
  });

  it('reset_before does not wait for the body of a POST', async () => {
    const connection = await raw()
      .send(target())
      .until(({ body }) => body.length === 20);
    emulator.faults.add({ kind: 'reset_before' });
    expect(await connection.send(target(), 'POST', 'content-length: 6\r\n\r\nabc').ended).toBe('ECONNRESET');
  });

  it('reset_before for a project lets others through', async () => {
    emulator.addAccount(canaryCredentials({ projectId: 'OTHER' }));
    emulator.faults.add({ kind: 'reset_before', projectId: 'OTHER' });
    expect((await ask()).status).toBe(200);
    await expect(ask({ account_id: 'OTHER' })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(emulator.received[1]).toMatchObject({ fault: 'reset_before', accountId: 'OTHER' });
  });

  it('reset_before behind another fault waits its turn', async () => {
    emulator.faults.add({ kind: 'status', status: 500, times: 1 });
    emulator.faults.add({ kind: 'reset_before' });
    const connection = await raw()
      .send(target())
      .until(({ text }) => text.includes('"code":500'));
    expect(await connection.send(target()).ended).toBe('ECONNRESET');
  });

  it('reset_before with a probability has one chance at the first request of a connection', async () => {
    const fault = emulator.faults.add({ kind: 'reset_before', probability: 0.5 });
    let survivors = 0;
    for (let round = 0; round < 40; round += 1) {
      const connection = raw().send(target());
      const end = await Promise.race([connection.ended, connection.until(({ body }) => body.length === 20)]);
      if (typeof end !== 'string') survivors += 1;
      connection.leave();
    }
    expect(fault.struck).toBe(40 - survivors);
    // 40 fair draws; asking twice for each would leave 10 of them.
    expect(survivors).toBeGreaterThan(13);
    expect(survivors).toBeLessThan(27);
  });

  it('reset_before with a probability has its chance again at the next request', async () => {
    // With seed 1, the first number lies above a half and the second below.
    emulator.faults.add({ kind: 'reset_before', probability: 0.5 });
    const connection = await raw()
      .send(target())
      .until(({ body }) => body.length === 20);
    expect(await connection.send(target()).ended).toBe('ECONNRESET');
  });

  it('garbage is no HTTP', async () => {
    emulator.faults.add({ kind: 'garbage' });
    const connection = raw().send(target());
    expect(await connection.ended).toBe('end');
    expect(connection.text).toBe('\u0016\u0003\u0001 this is not HTTP\r\n\r\n');
    await expect(ask()).rejects.toMatchObject({ code: /^HPE_/ });
  });

  it('keeps a connection alive through faults that leave it whole', async () => {
    emulator.faults.add({ kind: 'status', status: 500, times: 1 });
    emulator.faults.add({ kind: 'fail_200', times: 1 });
    const connection = raw();
    for (const ending of ['"code":500}', '"error":"The event was not processed"}', '{"status":"success"}']) {
      await connection.send(target()).until(({ text }) => text.endsWith(ending));
    }
    expect(connection.text).toContain('Keep-Alive: timeout=60');
    connection.leave();
  });
});
