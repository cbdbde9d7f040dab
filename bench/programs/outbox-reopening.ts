import { performance } from 'node:perf_hooks';
import { sqliteQueue } from 'clevertap-attribution/outbox';
import { collectGarbage } from '../load/collect-garbage.js';

/** What the process is started with. */
export interface OutboxReopeningOptions {
  /** The file, with events in it. */
  readonly path: string;
}

/** What it took to take a full file up again. */
export interface OutboxReopeningReport {
  /** Until one more event was on the disk, in milliseconds. */
  readonly reopenMs: number;
  /** How much more memory is resident after the deliveries, in bytes. */
  readonly memoryBytes: number;
}

/** Starts a process that has not opened it yet. */
export function start({ path }: OutboxReopeningOptions) {
  return Promise.resolve({
    /** Opens it, adds an event, and takes so many out. */
    reopen: async (deliveries: number): Promise<OutboxReopeningReport> => {
      collectGarbage();
      const before = process.memoryUsage.rss();
      const startedAt = performance.now();
      const queue = sqliteQueue({ path, maxEvents: 1e9, maxBytes: 2 ** 40, maxShare: 1 });
      await queue.enqueue([{ id: 'one more', named: true, partition: 'BENCH', payload: '{}' }]);
      const reopenMs = performance.now() - startedAt;
      let taken = 0;
      await new Promise<void>((resolve, reject) => {
        const handle = () => {
          taken += 1;
          if (taken === deliveries) resolve();
          return Promise.resolve({ kind: 'delivered' as const });
        };
        queue.consume(handle, { concurrency: 256, leaseMs: 30_000 }).catch(reject);
      });
      const memoryBytes = process.memoryUsage.rss() - before;
      await queue.close();
      return { reopenMs, memoryBytes };
    },
  });
}
