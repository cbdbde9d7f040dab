import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { everythingShownOf, canariesIn, CANARY_PASSCODE } from '../../support/canary.js';
import { failureOf } from '../../support/failure-of.js';
import { item } from './queue-under-test.js';

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('rejects every call with a StorageError where nobody listens, and says where', async () => {
  const port = await closedPort();
  const queue = bullmqQueue({ connection: `redis://:${CANARY_PASSCODE}@127.0.0.1:${port}`, timeoutMs: 300 });
  const handler = () => Promise.resolve({ kind: 'delivered' } as const);
  const calls = [
    queue.enqueue([item('a')]),
    queue.stats(),
    queue.replay(['a']),
    queue.release('P-1'),
    queue.consume(handler, { concurrency: 1, leaseMs: 1_000 }),
  ];
  for (const call of calls.map((each) => failureOf(each))) {
    const failure = await call;
    expect(failure).toMatchObject({ code: 'storage', retryable: true, host: `127.0.0.1:${port}` });
    expect(failure.message).toContain('ECONNREFUSED');
  }
  expect(canariesIn(everythingShownOf(queue))).toEqual([]);
  await queue.close();
});

it('rejects in its time where somebody listens but never answers', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const queue = bullmqQueue({ connection: { host: '127.0.0.1', port, password: CANARY_PASSCODE }, timeoutMs: 300 });
  const failure = await failureOf(queue.enqueue([item('a')]));
  expect(failure).toMatchObject({ code: 'storage', host: `127.0.0.1:${port}` });
  await queue.close();
  silent.close();
});
