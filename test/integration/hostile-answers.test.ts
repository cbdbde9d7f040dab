import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { watchedClient } from '../support/connected-client.js';
import { inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';

/** What a server, or whoever sits before it, could try on a client. */

const once = { retry: { maxAttempts: 1 } };

async function clientOf(answer: string | Buffer) {
  const server = await startSocketServer((socket) => socket.write(answer));
  return { server, ...watchedClient({ baseUrl: server.url, ...once }) };
}

describe('an answer that is a bomb', () => {
  it('is read to its bound and no further, however long it goes on', async () => {
    const block = Buffer.alloc(64 * 1024, 'x');
    let sentBytes = 0;
    const server = await startSocketServer((socket) => {
      socket.write('HTTP/1.1 500 No\r\n\r\n');
      const flood = () => {
        while (!socket.destroyed && socket.write(block)) sentBytes += block.length;
      };
      socket.on('drain', flood);
      flood();
    });
    const { client } = watchedClient({ baseUrl: server.url, ...once });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'service_unavailable', status: 500 });
    expect(error.message.length).toBeLessThan(600);
    await expect.poll(() => server.open).toBe(0);
    // What the system's own buffers take.
    expect(sentBytes).toBeLessThan(32_000_000);
  });

  it('is an answer without confirmation where it is nested as deep as fits', async () => {
    const body = '{"status":'.repeat(6_000);
    const { client } = await clientOf(httpAnswer(200, body));
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: false });
    const closed = `{"error":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    const { client: other } = await clientOf(httpAnswer(400, closed));
    const error = await failureOf(other.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'bad_request', reason: 'other' });
    expect(error.message.length).toBeLessThan(600);
  });

  it('is never unpacked: compression is not asked for', async () => {
    const packed = gzipSync(Buffer.alloc(20_000_000, 0x20));
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`;
    const { client, server } = await clientOf(Buffer.concat([Buffer.from(head), packed]));
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: false, status: 200 });
    expect(server.requests[0]?.toLowerCase()).not.toContain('accept-encoding');
  });

  it.each([
    ['has headers without end', 'HTTP/1.1 200 OK\r\n', `x-filler: ${'x'.repeat(1_000)}\r\n`],
    ['has one header without end', 'HTTP/1.1 200 OK\r\nx-filler: ', 'x'.repeat(1_000)],
    ['has chunk extensions without end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'x'.repeat(1_000)],
    ['has trailers without end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'x-filler: x\r\n'],
    ['has others before it without end', '', 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'],
  ])('is no answer where it %s', async (_, start, more) => {
    const server = await startSocketServer((socket) => {
      socket.write(start);
      const flood = setInterval(() => {
        if (socket.destroyed) clearInterval(flood);
        else socket.write(more.repeat(20));
      });
    });
    const { client } = watchedClient({ baseUrl: server.url, ...once, timeoutMs: 2_000 });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(['network', 'timeout']).toContain(error.code);
    expect(error).toMatchObject({ retryable: true, maybeRecorded: true });
    await expect.poll(() => server.open).toBe(0);
  });
});

describe('an answer that means mischief', () => {
  it('pollutes no prototype, and is not believed by what it would inherit', async () => {
    const polluting = '{"__proto__":{"status":"success","polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const { client } = await clientOf(httpAnswer(200, polluting));
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: false });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('forges no line of a log and steers no terminal', async () => {
    const text = 'no\r\n2026-01-01 ERROR forged\u001b[2J\u001b]0;title\u0007\u2028\u202eback\u0000';
    const { client, notices } = await clientOf(httpAnswer(400, JSON.stringify({ status: 'fail', error: text })));
    const error = await failureOf(client.send(inorganicInstall()));
    const shown = [error.message, String(error), ...notices.map((notice) => JSON.stringify(notice))];
    expect(error.message).toContain('no 2026-01-01 ERROR forged');
    for (const line of shown) expect(line).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
  });

  it('cannot answer for a later request: what comes behind an answer ends the connection', async () => {
    const success = httpAnswer(200, '{"status":"success"}');
    const { client, server } = await clientOf(httpAnswer(400, '{"error":"no"}') + success + success);
    for (let count = 0; count < 3; count += 1)
      expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ code: 'bad_request' });
    expect(server.requests).toHaveLength(3);
  });
});

describe('an event that means mischief', () => {
  const mischief =
    'x HTTP/1.1\r\nHost: elsewhere\r\nX-Injected: 1\r\n\r\nGET /injected HTTP/1.1\r\n#?&account_id=OTHER';

  it('adds no header, no request and no parameter of the protocol', async () => {
    const { client, server } = await clientOf(httpAnswer(200, '{"status":"success"}'));
    await client.send(
      inorganicInstall({
        deviceIdentifier: mischief,
        platform: mischief,
        utmSource: mischief,
        utmMedium: mischief,
        utmCampaign: mischief,
        params: { [mischief]: mischief },
      }),
    );
    expect(server.requests).toHaveLength(1);
    const [requestLine = '', ...headers] = server.requests[0]?.split('\r\n') ?? [];
    expect(requestLine).toMatch(/^GET \/attribution\?[A-Za-z0-9\-._~%&=]+ HTTP\/1\.1$/);
    expect(headers.map((header) => header.split(':')[0]?.toLowerCase()).sort()).toEqual([
      'connection',
      'host',
      'user-agent',
    ]);
    const query = new URLSearchParams(requestLine.split(' ')[1]?.split('?')[1]);
    expect(query.getAll('account_id')).toEqual(['TEST-111-222Z']);
    expect(query.get('utm_source')).toBe(mischief);
  });

  it('has no name with a control character in it', async () => {
    const { client } = await clientOf('');
    const event = { ...inorganicInstall(), type: 'custom', name: 'Add\r\nX-Injected: 1' } as const;
    const error = await failureOf(client.send(event));
    expect(error.code).toBe('validation');
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });
});

describe('a base URL', () => {
  it.each(['https://proxy.example/\r\nX-Injected: 1', 'https://proxy.example/a b\u0000c'])(
    'adds no header: %j',
    (text) => {
      expect(resolveEndpoint('in', text).path).toMatch(/^[\x21-\x7e]+$/);
    },
  );
});
