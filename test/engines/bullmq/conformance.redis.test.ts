import { afterAll, describe, expect, it } from 'vitest';
import { bullmqQueue } from '../../../src/engines/bullmq/index.js';
import { queueConformance, type QueueStore } from '../../../src/testing/index.js';
import { SHORT_LEASE_MS } from './queue-under-test.js';
import { startQueueProcess } from './queue-process.js';
import { RedisServer } from './redis-server.js';

const server = await RedisServer.start();
let stores = 0;

afterAll(() => server[Symbol.asyncDispose]());

function createStore(bounds?: { readonly maxEvents: number }): QueueStore {
  const name = `store-${(stores += 1)}`;
  return {
    open: () => bullmqQueue({ connection: server.url, name, ...bounds }),
    startProcess: (task) => Promise.resolve(startQueueProcess(server.url, name, task)),
    async cutOff() {
      await server.kill();
      return () => server.start();
    },
  };
}

describe('the BullMQ engine', async () => {
  const why = "BullMQ's free version has no groups";
  const lacks = { fairness: why, perPartition: why };
  const checks = await queueConformance({ createStore, lacks, shortestLeaseMs: SHORT_LEASE_MS, patienceMs: 60_000 });
  for (const { name, skip, run } of checks) if (skip === undefined) it(name, run);

  it('does all that the checks ask for, but for what it cannot by its nature', () => {
    expect(checks.filter(({ skip }) => skip !== undefined).map(({ skip }) => skip)).toEqual([why, why]);
  });
});
