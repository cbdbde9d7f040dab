import { describe, expect, it } from 'vitest';
import { drainOutbox, type DrainOptions } from '../../src/cli/drain-outbox.js';
import { Outbox } from '../../src/outbox/outbox.js';
import type { PartitionStats } from '../../src/outbox/sqlite/partition-stats.js';
import { connectedClient } from '../support/connected-client.js';
import { MemoryQueue } from '../support/memory-queue.js';

function project(partition: string, counts: Partial<PartitionStats>): PartitionStats {
  return { partition, ready: 0, delayed: 0, leased: 0, dead: 0, nextDueAt: undefined, trouble: undefined, ...counts };
}

/** Drains what is there of two projects, of which one is of a region in lasting trouble; gives how often it looked. */
async function looksOf(counts: Partial<PartitionStats>, options: Partial<DrainOptions> = {}): Promise<number> {
  const { client } = await connectedClient();
  const outbox = new Outbox({ client, queue: new MemoryQueue() });
  let looks = 0;
  const projects = () => [project('LASTING', { ready: 5, leased: 1 }), project('OTHER', looks > 2 ? {} : counts)];
  const total = (key: 'ready' | 'delayed' | 'leased' | 'dead') => projects().reduce((sum, each) => sum + each[key], 0);
  const stop = new AbortController();
  const queue = {
    stats: () => {
      looks += 1;
      if (looks > 5) stop.abort();
      const [ready, delayed, leased, dead] = [total('ready'), total('delayed'), total('leased'), total('dead')];
      return Promise.resolve({ ready, delayed, leased, dead, oldestAgeMs: 1 });
    },
    partitions: () => Promise.resolve(projects()),
  };
  const troubles: DrainOptions['troubles'] = {
    regions: ['in'],
    without: (all) => all.filter(({ partition }) => partition !== 'LASTING'),
  };
  await drainOutbox(outbox, { queue, troubles, onHold: new Set(), all: false, stop: stop.signal, ...options });
  await outbox.close({ timeoutMs: 0 });
  return looks;
}

describe('while a region is in lasting trouble', () => {
  it('a drain ends where nothing else is due, though one of its events is out', async () => {
    expect(await looksOf({})).toBe(1);
    expect(await looksOf({ delayed: 3, dead: 1 })).toBe(1);
  });

  it('it goes on for what is due or out of others', async () => {
    expect(await looksOf({ ready: 1 })).toBe(3);
    expect(await looksOf({ leased: 1 })).toBe(3);
    expect(await looksOf({ ready: 1 }, { onHold: new Set(['OTHER']) })).toBe(1);
  });

  it('it goes on where it is to wait for everything', async () => {
    expect(await looksOf({}, { all: true })).toBe(6);
  });
});
