import { expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { liveThroughTrouble } from '../../support/outbox-lives.js';
import { RedisServer } from './redis-server.js';

it('what an outbox was given is delivered, discarded or stored, whatever happens', async () => {
  await using server = await RedisServer.start();
  await liveThroughTrouble(() => bullmqQueue({ connection: server.url }), 1);
  expect.hasAssertions();
});
