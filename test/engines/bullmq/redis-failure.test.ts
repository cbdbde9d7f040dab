import { expect, it } from 'vitest';
import { redisFailure, redisHostOf } from '../../../src/engines/bullmq/redis-failure.js';
import { OverflowError } from '../../../src/errors.js';
import { canariesIn, CANARY_PASSCODE, everythingShownOf } from '../../support/canary.js';

it('says where Redis is without saying who asks', () => {
  expect(redisHostOf({ url: `redis://user:${CANARY_PASSCODE}@cache:6380/2` })).toBe('cache:6380');
  expect(redisHostOf({ host: 'cache' })).toBe('cache:6379');
  expect(redisHostOf({ path: '/run/redis.sock' })).toBe('/run/redis.sock');
});

it.each([
  { password: CANARY_PASSCODE },
  { url: `redis://user:${CANARY_PASSCODE}@cache` },
  { url: `redis://user:${CANARY_PASSCODE.replaceAll('-', '%2D')}@cache` },
])('leaves out passwords, and the command that an error of ioredis carries', (connection) => {
  const error = Object.assign(new Error(`ERR in AUTH ${CANARY_PASSCODE}, ${connection.url ?? ''}`), {
    command: { name: 'auth', args: [CANARY_PASSCODE] },
  });
  const failure = redisFailure('store events', error, connection);
  expect(failure).toMatchObject({ code: 'storage', retryable: true });
  expect(failure.message).toContain('could not store events');
  expect(canariesIn(everythingShownOf(failure))).toEqual([]);
  expect(everythingShownOf(failure)).not.toContain(connection.url ?? 'no url');
});

it('passes on what is an error of this library already', () => {
  const full = new OverflowError('full');
  expect(redisFailure('store events', full, {})).toBe(full);
});
