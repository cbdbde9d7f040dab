import { expect, it } from 'vitest';
import { resolveSqliteQueueOptions } from '../../../src/outbox/sqlite/sqlite-options.js';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { failureOf } from '../../support/failure-of.js';

it('fills in the defaults', () => {
  expect(resolveSqliteQueueOptions({ path: 'outbox.db' })).toEqual({
    path: 'outbox.db',
    maxEvents: 1_000_000,
    maxBytes: 1_073_741_824,
    maxShare: 0.5,
    rememberMs: 86_400_000,
    pollMs: 500,
    lockTimeoutMs: 10_000,
  });
});

it('says everything that is wrong at once', async () => {
  const wrong = { path: ':memory:', maxEvents: 0, maxBytes: 5, maxShare: 0, rememberMs: -1, pollMs: 0, size: 5 };
  const error = await failureOf(() => resolveSqliteQueueOptions(wrong));
  expect(error).toMatchObject({ code: 'validation' });
  for (const name of ['path', 'maxEvents', 'maxBytes', 'maxShare', 'rememberMs', 'pollMs', 'unknown "size"']) {
    expect(error.message).toContain(name);
  }
  expect((await failureOf(() => resolveSqliteQueueOptions({}))).message).toContain('path: is required');
});

it.each(['outbox.db', undefined, null, 5])('says what to give where %j stands for the options', async (options) => {
  const error = await failureOf(() => sqliteQueue(options as never));
  expect(error).toMatchObject({ code: 'validation', name: 'ValidationError' });
  expect(error.message).toBe(
    "options: must be an object that names the file, as in sqliteQueue({ path: 'outbox.db' })",
  );
});
