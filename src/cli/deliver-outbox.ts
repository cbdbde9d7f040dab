import { setTimeout as delay } from 'node:timers/promises';
import type { Outbox } from '../outbox/outbox.js';
import type { QueueStats } from '../outbox/queue.js';
import type { SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import type { LastingTroubles } from './lasting-troubles.js';
import type { OutboxRunBooks } from './outbox-run-books.js';

/** How often it looks whether anything is left, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** How long an event waits, of which no notice was given because its whole region is in trouble, in milliseconds. */
const UNNOTICED_WAIT_MS = 5_000;

/** For how long nothing must have happened before what is due counts as held back with its project, in milliseconds. */
const HELD_AFTER_MS = 2_000;

/** How to deliver. */
export interface DeliverOptions {
  readonly books: OutboxRunBooks;
  /** Where the outbox keeps its events. */
  readonly queue: Pick<SqliteQueue, 'partitions'>;
  /** Regions that are no longer waited for; an event that has kept failing for as long is not either. */
  readonly troubles: Pick<LastingTroubles, 'regions' | 'without' | 'patienceMs'>;
  /** Ends it early. */
  readonly stop: AbortSignal;
}

/**
 * Waits until a started outbox has delivered everything but what will not come through soon: events of projects on hold and of
 * regions in lasting trouble, and those that keep failing for longer than one is patient. Gives what is left.
 */
export async function deliverOutbox(
  outbox: Outbox<'all' | 'any'>,
  { books, queue, troubles, stop }: DeliverOptions,
): Promise<QueueStats> {
  let unnoticed = 0;
  let unnoticedAt = -Infinity;
  let busyAt = performance.now();
  let endedBefore = 0;
  for (;;) {
    const stats = await outbox.stats();
    if (stop.aborted) return stats;
    const awaited = troubles.regions.length === 0 ? stats : totalOf(troubles.without(await queue.partitions()));
    const now = performance.now();
    const { rescheduled, out, projectsOnHold } = outbox.counters();
    if (rescheduled - books.noticed > unnoticed) unnoticedAt = now;
    unnoticed = rescheduled - books.noticed;
    if (awaited.leased > 0 || (out > 0 && awaited === stats) || books.ended > endedBefore) busyAt = now;
    endedBefore = books.ended;
    // A project on hold keeps its events due, and hands out none.
    const held = projectsOnHold > 0 && now - busyAt > HELD_AFTER_MS;
    const isDue = awaited.leased > 0 || (awaited.ready > 0 && !held);
    const mayComeThrough = books.mayComeThrough(troubles.patienceMs) || now - unnoticedAt < UNNOTICED_WAIT_MS;
    if (!isDue && (awaited.delayed === 0 || !mayComeThrough)) return stats;
    // Aborted by the stop: that is not a failure.
    await delay(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

type Awaited = Pick<QueueStats, 'ready' | 'delayed' | 'leased'>;

function totalOf(projects: readonly Awaited[]): Awaited {
  const total = { ready: 0, delayed: 0, leased: 0 };
  for (const { ready, delayed, leased } of projects) {
    total.ready += ready;
    total.delayed += delayed;
    total.leased += leased;
  }
  return total;
}
