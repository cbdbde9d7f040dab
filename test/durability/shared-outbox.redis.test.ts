import { expect, it } from 'vitest';
import { RedisServer } from '../engines/bullmq/redis-server.js';
import { shareOutbox } from './shared-outbox.js';

it('delivers each event once from two processes that add to one Redis and deliver from it', async () => {
  await using redis = await RedisServer.start();
  const report = await shareOutbox(redis.url, { processes: 2, producers: 8, each: 100 });
  expect(report.output).toBe('');
  expect(report).toMatchObject({ accepted: 1_600, distinct: 1_600, requests: 1_600, exitCodes: [0, 0] });
  expect(Math.min(...report.delivered.map(Number))).toBeGreaterThan(0);
});
