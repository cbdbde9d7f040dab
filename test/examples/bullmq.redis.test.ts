import { startEmulator } from 'clevertap-attribution/testing';
import { expect, it } from 'vitest';
import { main } from '../../examples/bullmq/run.js';
import { RedisServer } from '../engines/bullmq/redis-server.js';
import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';

it('delivers what one service adds through two workers, each event once', async () => {
  await using redis = await RedisServer.start();
  const account = { projectId: 'SHOP', projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE };
  await using emulator = await startEmulator({ listen: 'single', accounts: [account], partners: ['airbridge'] });
  const events = 400;
  const ends = await main({ redisUrl: redis.url, emulator, account, events });
  const delivered = ends.map((line) => Number(/^(\d+) delivered, 0 handed back$/.exec(line ?? '')?.[1]));
  expect(delivered.reduce((sum, count) => sum + count, 0)).toBe(events);
  // Both had a part in it.
  expect(Math.min(...delivered)).toBeGreaterThan(0);
  expect(emulator.counts).toMatchObject({ requests: events, recorded: events });
  expect(new Set(emulator.received.map(({ params }) => params['number'])).size).toBe(events);
});
