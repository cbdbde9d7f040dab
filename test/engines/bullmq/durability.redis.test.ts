import { afterEach, expect, it } from 'vitest';
import { failureOf } from '../../support/failure-of.js';
import { item, noting, openQueue } from './queue-under-test.js';
import { DURABLE, RedisServer } from './redis-server.js';

const warnings: string[] = [];
const listen = (warning: Error) => warnings.push(warning.message);

afterEach(() => {
  process.removeListener('warning', listen);
  warnings.length = 0;
});

it.each([
  ['appendonly', 'no', 'lost when Redis stops unexpectedly'],
  ['appendfsync', 'everysec', 'last second or more are lost when the machine stops unexpectedly'],
  ['maxmemory-policy', 'allkeys-lru', 'throws accepted events away'],
])('refuses to store where %s is %s, and says what would be lost and what to set', async (setting, value, risk) => {
  await using server = await RedisServer.start({ ...DURABLE, [setting]: value });
  await using opened = openQueue(server);
  const failure = await failureOf(opened.queue.enqueue([item('a')]));
  expect(failure.code).toBe('storage');
  expect(failure.message).toContain(`${setting} is "${value}"`);
  expect(failure.message).toContain(risk);
  expect(failure.message).toContain("durability: 'warn'");
  expect(await server.command('EXISTS', 'bull:clevertap-attribution:event-a')).toBe(0);
  // Mended: the same queue takes it from the next call on.
  await server.command('CONFIG', 'SET', setting, DURABLE[setting as keyof typeof DURABLE]);
  expect((await opened.queue.enqueue([item('a')])).added).toEqual(['a']);
});

it('warns once and works on under warn', async () => {
  process.on('warning', listen);
  await using server = await RedisServer.start({ ...DURABLE, appendfsync: 'everysec' });
  await using opened = openQueue(server, { durability: 'warn' });
  expect((await opened.queue.enqueue([item('a')])).added).toEqual(['a']);
  await opened.queue.enqueue([item('b')]);
  await expect.poll(() => warnings.filter((message) => message.includes('appendfsync')).length).toBe(1);
});

it('says that it could not check where the server does not let itself be asked, and works on', async () => {
  process.on('warning', listen);
  await using server = await RedisServer.start();
  await server.command('ACL', 'SETUSER', 'default', '-config');
  await using opened = openQueue(server);
  expect((await opened.queue.enqueue([item('a')])).added).toEqual(['a']);
  await expect.poll(() => warnings.join()).toContain('could not be checked');
});

it('refuses before Redis is full, so that what is stored can still be delivered', async () => {
  await using server = await RedisServer.start({ ...DURABLE, maxmemory: '16mb' });
  await using opened = openQueue(server);
  const { queue } = opened;
  let stored = 0;
  const fill = async () => {
    for (;;) {
      await queue.enqueue([item(`e-${stored}`, { named: false, payload: 'x'.repeat(100_000) })]);
      stored += 1;
    }
  };
  const failure = await failureOf(fill());
  expect(failure).toMatchObject({ code: 'overflow' });
  expect(failure.message).toContain('raise maxmemory');
  expect(await queue.stats()).toMatchObject({ ready: stored });
  const { handler, deliveries } = noting();
  await queue.consume(handler, { concurrency: 5, leaseMs: 30_000 });
  await expect.poll(() => queue.stats()).toMatchObject({ ready: 0, leased: 0 });
  expect(deliveries.length).toBe(stored);
  expect((await queue.enqueue([item('again')])).added).toEqual(['again']);
});

it('refuses what Redis itself has no memory for', async () => {
  await using server = await RedisServer.start({ ...DURABLE, maxmemory: '8mb' });
  await using opened = openQueue(server);
  const { queue } = opened;
  await queue.enqueue([item('small')]);
  const failure = await failureOf(queue.enqueue(many('x'.repeat(1_000_000), 12)));
  expect(failure).toMatchObject({ code: 'overflow' });
  expect(failure.message).toContain('no memory left');
  // All of a call or none.
  expect(await queue.stats()).toMatchObject({ ready: 1 });
});

function many(payload: string, count: number) {
  return Array.from({ length: count }, (_, index) => item(`big-${index}`, { payload }));
}

it('never shows the password, neither in an error nor in itself', async () => {
  await using server = await RedisServer.start({ ...DURABLE, requirepass: 'canary-passcode-9b71de' });
  const wrong = `redis://:canary-token-5f0c2a@127.0.0.1:${server.port}`;
  await using refused = openQueue(server, { connection: wrong, timeoutMs: 1_000 });
  // failureOf searches the error for both.
  expect((await failureOf(refused.queue.enqueue([item('a')]))).code).toBe('storage');
  await using right = openQueue(server, { connection: `redis://:canary-passcode-9b71de@127.0.0.1:${server.port}` });
  expect((await right.queue.enqueue([item('a')])).added).toEqual(['a']);
});
