import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outbox } from '../outbox/outbox.js';
import type { SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import type { LastingTroubles } from './lasting-troubles.js';

/** How often it looks whether anything is left, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** How to drain. */
export interface DrainOptions {
  /** Where the outbox keeps its events. */
  readonly queue: Pick<SqliteQueue, 'stats' | 'partitions'>;
  /** Projects that are on hold, kept up by the outbox's notices: what is due of them goes out at the next probe only. */
  readonly onHold: ReadonlySet<string>;
  /** Regions whose events are no longer waited for, also those that are out and wait for the region. */
  readonly troubles: Pick<LastingTroubles, 'regions' | 'without'>;
  /** Whether to wait for events that are due later, on hold, or of a region in trouble, as well. */
  readonly all: boolean;
  /** Ends it early. */
  readonly stop: AbortSignal;
}

/** Delivers what is in an outbox until nothing is due any more but what is on hold or of a region in lasting trouble. */
export async function drainOutbox(outbox: Outbox<'all' | 'any'>, options: DrainOptions): Promise<void> {
  const { stop } = options;
  await outbox.start();
  while (!stop.aborted && (await isAnythingToDo(options))) {
    const pause = new AbortController();
    await Promise.race([
      delay(LOOK_EVERY_MS, undefined, { signal: pause.signal }),
      once(stop, 'abort', { signal: pause.signal }),
    ]).finally(() => pause.abort());
  }
}

async function isAnythingToDo({ queue, onHold, troubles, all }: DrainOptions): Promise<boolean> {
  const { ready, delayed, leased } = await queue.stats();
  if (ready + leased + (all ? delayed : 0) === 0) return false;
  if (all || (troubles.regions.length === 0 && (leased > 0 || onHold.size === 0))) return true;
  const projects = troubles.without(await queue.partitions());
  return projects.some((project) => project.leased > 0 || (project.ready > 0 && !onHold.has(project.partition)));
}
