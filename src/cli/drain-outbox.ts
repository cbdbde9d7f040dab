import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outbox } from '../outbox/outbox.js';
import type { QueueStats } from '../outbox/queue.js';

/** How often it looks whether anything is left, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** How to drain. */
export interface DrainOptions {
  /** Whether to wait for events that are due later as well. */
  readonly all: boolean;
  /** Ends it early. */
  readonly stop: AbortSignal;
}

/** Delivers what is in an outbox until nothing is due any more; gives what is left. */
export async function drainOutbox(outbox: Outbox<'all' | 'any'>, { all, stop }: DrainOptions): Promise<QueueStats> {
  await outbox.start();
  for (;;) {
    const stats = await outbox.stats();
    const left = stats.ready + stats.leased + (all ? stats.delayed : 0);
    if (left === 0 || stop.aborted) return stats;
    const pause = new AbortController();
    await Promise.race([
      delay(LOOK_EVERY_MS, undefined, { signal: pause.signal }),
      once(stop, 'abort', { signal: pause.signal }),
    ]).finally(() => pause.abort());
  }
}
