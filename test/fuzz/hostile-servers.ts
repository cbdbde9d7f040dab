import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { AttributionClient } from '../../src/client.js';
import { canaryCredentials } from '../support/canary.js';
import { inorganicInstall } from '../support/events.js';
import { mustHold, orClosedSetError, withoutUncaught, type HostileInput } from './hostile-input.js';

/** What a server does with a request. */
interface Answer {
  readonly parts: readonly Uint8Array[];
  /** How it goes on then: it ends the connection, resets it, or stays silent. */
  readonly then: 'end' | 'reset' | 'silence';
}

const TIMEOUT_MS = 150;
const GOOD = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n{"status":"success"}';

const bytes = fc.uint8Array({ maxLength: 300 });
const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', '0', '-1', '5', '20', '4294967296', '\0', '\t'),
);

const header = fc.oneof(
  fc.tuple(word, word).map(([name, value]) => `${name}: ${value}`),
  word.map((value) => `content-length: ${value}`),
  word.map((value) => `retry-after: ${value}`),
  fc.constantFrom('transfer-encoding: chunked', 'transfer-encoding: gzip, chunked', 'content-encoding: gzip'),
  fc.constantFrom('connection: close', 'connection: upgrade', 'upgrade: h2c', 'keep-alive: timeout=0', 'trailer: x'),
  fc.constantFrom('location: https://elsewhere.example/', 'location: \r\n x', ' folded: 1', ': ', 'set-cookie: a=b'),
);

const body = fc.oneof(
  bytes,
  fc.json().map((text) => Buffer.from(text)),
  fc
    .constantFrom('{"status":"success"}', '{"status":"fail","code":429}', '{"__proto__":{"status":"success"}}')
    .map((text) => Buffer.from(text)),
  fc.string({ unit: 'binary' }).map((text) => gzipSync(text)),
  fc.nat({ max: 200_000 }).map((length) => Buffer.alloc(length, '[')),
  fc
    .array(bytes)
    .map((chunks) =>
      Buffer.concat(
        [...chunks, []].map((chunk) =>
          Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), Buffer.from(chunk), Buffer.from('\r\n')]),
        ),
      ),
    ),
);

const httpLike = fc
  .record({
    before: fc.constantFrom('', '', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0', '0.9', '2', '1.1 '),
    status: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.integer({ min: -1, max: 1_000 })),
    headers: fc.array(header, { maxLength: 5 }),
    body,
    behind: fc.oneof({ weight: 4, arbitrary: fc.constant(new Uint8Array()) }, bytes),
  })
  .map(({ before, version, status, headers, body: text, behind }) =>
    Buffer.concat([
      Buffer.from(
        `${before}HTTP/${version} ${status} X\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`,
        'latin1',
      ),
      text,
      behind,
    ]),
  );

const answer: fc.Arbitrary<Answer> = fc.record({
  parts: fc
    .tuple(
      fc.oneof({ weight: 1, arbitrary: bytes }, { weight: 5, arbitrary: httpLike }),
      fc.array(fc.nat(), { maxLength: 4 }),
    )
    .map(([whole, cuts]) => cut(whole, cuts)),
  then: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('end' as const, 'reset' as const) },
    fc.constant('silence' as const),
  ),
});

function cut(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...cuts.map((at) => at % (whole.length + 1)), whole.length].sort((one, other) => one - other);
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
}

/** A server that answers as it is told at the moment. */
class ScriptedServer {
  /** Undefined: as CleverTap would. */
  answer: Answer | undefined = undefined;
  readonly #server: Server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Ends all connections. */
  async hangUp(): Promise<void> {
    const open = [...this.#sockets];
    for (const socket of open) socket.destroy();
    await Promise.all(open.filter((socket) => !socket.closed).map((socket) => once(socket, 'close')));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
    socket.once('data', () => void this.#answer(socket));
  }

  async #answer(socket: Socket): Promise<void> {
    const { parts, then } = this.answer ?? { parts: [Buffer.from(GOOD)], then: 'end' };
    for (const part of parts) {
      socket.write(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (then === 'end') socket.end();
    if (then === 'reset') socket.resetAndDestroy();
  }
}

async function checkServers(numRuns: number, seed: number): Promise<void> {
  const server = new ScriptedServer();
  const client = new AttributionClient({
    partnerName: 'airbridge',
    baseUrl: await server.listen(),
    retry: { maxAttempts: 1 },
  });
  let run = 0;
  const project = () => client.project(canaryCredentials({ projectId: `P-${(run += 1)}` }));
  const property = fc.asyncProperty(answer, async (given) => {
    server.answer = given;
    const bad = project();
    const sending = bad.send(inorganicInstall(), { timeoutMs: TIMEOUT_MS, deadlineMs: TIMEOUT_MS });
    const delivery = await orClosedSetError(sending, TIMEOUT_MS + 3_000);
    const told = Buffer.concat([...given.parts]).toString('latin1');
    mustHold(delivery === undefined || /HTTP\/\d\.\d\s+2\d\d/.test(told), 'only a 2xx delivers');
    mustHold(delivery?.confirmed !== true || told.includes('success'), 'only success confirms');
    await server.hangUp();
    server.answer = undefined;
    // One may still meet a connection that the server has just ended.
    const good = () => orClosedSetError(project().send(inorganicInstall(), { timeoutMs: 20_000 }), 25_000);
    const after = (await good()) ?? (await good());
    mustHold(after?.confirmed === true, 'the next one is delivered');
    const { accepted, delivered, failed, pending } = client.counters();
    mustHold(accepted === delivered + failed && pending === 0, 'every event is counted once');
  });
  try {
    await withoutUncaught(() => fc.assert(property, { numRuns, seed, endOnFailure: true }));
  } finally {
    await client.close({ timeoutMs: 0 });
    await server.close();
  }
}

/** Whatever a server sends, over a real socket, through the whole client. */
export const hostileServers: HostileInput = {
  name: 'bytes of a server, through the whole client',
  share: 1 / 50,
  check: checkServers,
};
