import { setTimeout as sleep } from 'node:timers/promises';
import type { AttributionClient } from '../../src/client.js';
import type { AttributionEvent } from '../../src/contract/event.js';
import { isAttributionError } from '../../src/errors.js';
import type { ForwardItem } from '../../src/forward/forward-result.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import type { Acquaintances } from './acquaintances.js';
import type { Customers } from './customers.js';

/** What the kinds of traffic work with. */
export interface TrafficSettings {
  readonly client: AttributionClient;
  readonly outbox: Outbox;
  readonly customers: Customers;
  readonly acquaintances: Acquaintances;
  readonly random: () => number;
  /** Ends the traffic, and is shared by everything that is sent: no listener may stay on it. */
  readonly stop: AbortSignal;
}

/** What became of it, as those saw it who caused it. */
export class TrafficTotals {
  sent = 0;
  sendsDelivered = 0;
  forwarded = 0;
  forwardsBroken = 0;
  added = 0;
  discarded = 0;
  replayed = 0;
}

const SENDERS = 16;
/** Enough for tens of thousands of new projects in half an hour, though one waits whenever there is a fault. */
const MEETERS = 8;
const FORWARDED_AT_ONCE = 200;
const DEAD_AT_ONCE = 50;

/** Sends, forwards and stores until it is told to stop; resolves when all of that has come to its end. */
export async function runTraffic(settings: TrafficSettings): Promise<TrafficTotals> {
  const totals = new TrafficTotals();
  const loop = async (action: () => Promise<void>, longestPauseMs: number): Promise<void> => {
    while (!settings.stop.aborted) {
      await action();
      await sleep(settings.random() * longestPauseMs);
    }
  };
  await Promise.all([
    ...Array.from({ length: SENDERS }, () => loop(() => sendOne(settings, totals), 20)),
    loop(() => forwardSome(settings, totals), 20),
    loop(() => addSome(settings, totals), 50),
    loop(() => tendDead(settings, totals), 1_000),
    ...Array.from({ length: MEETERS }, () => loop(() => meetOne(settings, totals), 50)),
  ]);
  return totals;
}

/** Name of the events that go through the outbox, by which faults can be meant for them. */
export const STORED_EVENT = 'Stored';

function makeEvent(random: () => number, name = 'Opened'): AttributionEvent {
  const deviceIdentifier = `__g${Math.floor(random() * 2 ** 52).toString(16)}`;
  return { type: 'custom', name, platform: 'android', deviceIdentifier, params: { city: 'Mumbai' } };
}

async function sendOne({ client, customers, random, stop }: TrafficSettings, totals: TrafficTotals): Promise<void> {
  // Not AbortSignal.any: on Node 20 each one leaves a weak reference on the shared signal for good, which is none of ours.
  const impatient = random() < 0.05 ? AbortSignal.timeout(1 + Math.floor(random() * 20)) : stop;
  totals.sent += 1;
  try {
    await client.project(customers.any()).send(makeEvent(random), { signal: impatient });
    totals.sendsDelivered += 1;
  } catch (error) {
    if (!isAttributionError(error)) throw error;
  }
}

async function forwardSome(settings: TrafficSettings, totals: TrafficTotals): Promise<void> {
  const { client, customers, random, stop } = settings;
  function* items(): Generator<ForwardItem> {
    for (let index = 0; index < FORWARDED_AT_ONCE; index += 1) {
      yield { event: makeEvent(random), projectId: customers.any().projectId };
    }
  }
  // Some readers go away in the middle.
  const leaveAfter = random() < 0.2 ? Math.floor(random() * FORWARDED_AT_ONCE) : Infinity;
  let taken = 0;
  try {
    for await (const result of client.forward(items(), { credentials: customers.find, signal: stop })) {
      taken += 1;
      if (result.status === 'delivered') totals.forwarded += 1;
      if (taken > leaveAfter) break;
    }
  } catch (error) {
    if (!isAttributionError(error)) throw error;
  }
  if (taken < FORWARDED_AT_ONCE) totals.forwardsBroken += 1;
}

async function addSome({ outbox, customers, random }: TrafficSettings, totals: TrafficTotals): Promise<void> {
  const records = Array.from({ length: Math.ceil(random() * 8) }, () => ({
    event: makeEvent(random, STORED_EVENT),
    projectId: customers.any().projectId,
    ...(random() < 0.5 && { id: `id-${Math.floor(random() * 2 ** 52)}` }),
  }));
  const results = await outbox.addMany(records);
  totals.added += results.filter(({ duplicate, error }) => !duplicate && error === undefined).length;
}

async function meetOne(settings: TrafficSettings, totals: TrafficTotals): Promise<void> {
  await settings.acquaintances.meetOne(settings, settings.stop);
  totals.added += 1;
}

/** Somebody looks through the dead letters: half of them are sent again, the others dropped. */
async function tendDead({ outbox }: TrafficSettings, totals: TrafficTotals): Promise<void> {
  const ids: string[] = [];
  for await (const { id } of outbox.dead({ limit: DEAD_AT_ONCE })) ids.push(id);
  const half = Math.ceil(ids.length / 2);
  totals.replayed += await outbox.replay(ids.slice(0, half));
  totals.discarded += await outbox.discard(ids.slice(half));
}
