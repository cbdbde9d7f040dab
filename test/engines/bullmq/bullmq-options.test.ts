import { expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { resolveBullmqOptions } from '../../../src/engines/bullmq/bullmq-options.js';
import { failureOf } from '../../support/failure-of.js';
import { CANARY_PASSCODE } from '../../support/canary.js';

it('fills in the defaults', () => {
  expect(resolveBullmqOptions({ connection: 'redis://cache:6380' })).toMatchObject({
    connection: { url: 'redis://cache:6380' },
    name: 'clevertap-attribution',
    prefix: 'bull',
    maxEvents: 1_000_000,
    duplicateRetentionMs: 86_400_000,
    timeoutMs: 5_000,
    durability: 'require',
  });
});

it('refuses all that is wrong at once, without repeating a password', async () => {
  const failure = await failureOf(() =>
    bullmqQueue({
      connection: `http://:${CANARY_PASSCODE}@cache`,
      name: 'a:b',
      maxEvents: 0,
      timeoutMs: 1.5,
      duplicateRetentionMs: -1,
      durability: 'maybe' as 'warn',
    }),
  );
  expect(failure).toMatchObject({ code: 'validation' });
  expect((failure as { issues?: { path: string[] }[] }).issues?.map(({ path }) => path.join('.'))).toEqual([
    'connection',
    'name',
    'maxEvents',
    'duplicateRetentionMs',
    'timeoutMs',
    'durability',
  ]);
});

it('refuses a key prefix of ioredis, with which the scripts of BullMQ would miss their keys', async () => {
  const failure = await failureOf(() => bullmqQueue({ connection: { host: 'cache', keyPrefix: 'x' } }));
  expect(failure.message).toContain('set prefix instead');
});

it.each([
  [{ connection: 'redis://cache', maxEvent: 5 }, /maxEvent: is no key of the options; write "maxEvents"/],
  [{ foo: 1 }, /foo: is no key of the options.*connection: is required/s],
  [undefined, /must be an object that says where Redis is/],
  [{ connection: 'redis://cache', onError: 'log' }, /onError: must be a function/],
])('refuses %j', async (options, message) => {
  const failure = await failureOf(() => bullmqQueue(options as never));
  expect(failure).toMatchObject({ code: 'validation', message: expect.stringMatching(message) as string });
});
