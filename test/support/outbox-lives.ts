import { expect, vi } from 'vitest';
import { Outbox, type OutboxCounters, type Queue } from '../../src/outbox/index.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import { canaryCredentials } from './canary.js';
import { canaryEmulator, watchedClient } from './connected-client.js';
import { customEvent } from './events.js';

const PROJECTS = ['LIFE-1', 'LIFE-2', 'LIFE-3'];
const LIVES = 5;
const ADDERS = 4;
const ADDED_BY_EACH = 60;
const QUICKLY = { initialDelayMs: 5, maxDelayMs: 20 };
const PATIENCE_MS = 15_000;

/** What all lives together came to. */
interface Books {
  readonly accepted: Set<string>;
  readonly discarded: Set<string>;
  readonly totals: Pick<OutboxCounters, 'added' | 'delivered' | 'dead'>[];
}

/**
 * Lives through what an outbox lives through: many add at once, some of the same events; CleverTap fails now and then, in all
 * ways; dead letters are replayed or discarded; the process stops in the middle and starts again. Checks after each life that
 * what was added was delivered, was discarded, or is stored.
 *
 * @param openQueue Opens the same queue, for each life anew.
 */
export async function liveThroughTrouble(openQueue: () => Queue, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const accounts = PROJECTS.map((projectId) => canaryCredentials({ projectId }));
  const emulator = await canaryEmulator({ accounts, seed, keep: 100_000 });
  const books: Books = { accepted: new Set(), discarded: new Set(), totals: [] };
  const open = () =>
    new Outbox({
      client: watchedClient({ baseUrl: emulator.baseUrl, credentials: undefined, retry: { maxAttempts: 1 } }).client,
      queue: openQueue(),
      credentials: (projectId) => canaryCredentials({ projectId }),
      retry: QUICKLY,
      probe: QUICKLY,
      concurrency: 8,
    });
  const addFaults = () => {
    // Few of these: a client holds a project for a minute after five in a row.
    emulator.faults.add({ kind: 'status', status: 401, times: 2 });
    for (const status of [404, 429, 500, 503]) emulator.faults.add({ kind: 'status', status, probability: 0.05 });
    emulator.faults.add({ kind: 'reset_before', probability: 0.03 });
    emulator.faults.add({ kind: 'reset_after', recorded: true, probability: 0.03 });
    emulator.faults.add({ kind: 'latency', ms: 5, probability: 0.3 });
  };

  for (let life = 0; life < LIVES; life += 1) {
    emulator.faults.clear();
    addFaults();
    const outbox = open();
    await outbox.start();
    const adders = Array.from({ length: ADDERS }, (_, adder) => addSome(outbox, `${life}-${adder}`, random, books));
    await Promise.all([...adders, tendDeadLetters(outbox, random, books)]);
    // In the middle of it, and not always with time to end what is out.
    await outbox.close({ timeoutMs: random() < 0.5 ? 0 : 1_000 });
    books.totals.push(outbox.counters());
    await checkBooks(open(), books);
  }

  emulator.faults.clear();
  const outbox = open();
  await outbox.start();
  await vi.waitFor(async () => {
    const letters: string[] = [];
    for await (const { id } of outbox.dead()) letters.push(id);
    await outbox.replay(letters);
    for (const projectId of PROJECTS) await outbox.release(projectId);
    expect(await outbox.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0 });
  }, PATIENCE_MS);
  await outbox.close();
  books.totals.push(outbox.counters());
  await checkBooks(open(), books);

  const recorded = new Set(emulator.received.flatMap(({ recorded, eventType }) => (recorded ? [eventType] : [])));
  const kept = [...books.accepted].filter((id) => !books.discarded.has(id));
  expect(kept.filter((id) => !recorded.has(id))).toEqual([]);
  expect(emulator.received.filter(({ eventType }) => !books.accepted.has(eventType ?? ''))).toEqual([]);
  // Else nothing of the trouble was there.
  expect(sumOf(books, 'dead')).toBeGreaterThan(10);
  expect(books.discarded.size).toBeGreaterThan(0);
}

/** Adds events, one in ten of them a second time. */
async function addSome(outbox: Outbox, prefix: string, random: () => number, { accepted }: Books): Promise<void> {
  for (let index = 0; index < ADDED_BY_EACH; index += 1) {
    const id = `${prefix}-${index}`;
    const projectId = PROJECTS[Math.floor(random() * PROJECTS.length)];
    const records = Array.from({ length: random() < 0.1 ? 2 : 1 }, () => ({ id, projectId, event: customEvent(id) }));
    accepted.add(id);
    const results = await outbox.addMany(records);
    expect(results.map(({ duplicate, error }) => [duplicate, error])).toEqual(
      records.map((_, n) => [n > 0, undefined]),
    );
  }
}

/** Replays some dead letters and discards others. */
async function tendDeadLetters(outbox: Outbox, random: () => number, { discarded }: Books): Promise<void> {
  for (let rounds = 0; rounds < 5; rounds += 1) {
    for await (const { id } of outbox.dead()) {
      const choice = random();
      if (choice < 0.2 && (await outbox.discard([id])) === 1) discarded.add(id);
      else if (choice < 0.6) await outbox.replay([id]);
    }
    const { delivered } = outbox.counters();
    // Until something has gone on, if there is anything left that could.
    await vi.waitFor(async () => {
      const { ready, delayed, leased } = await outbox.stats();
      expect(outbox.counters().delivered > delivered || ready + delayed + leased === 0).toBe(true);
    }, PATIENCE_MS);
  }
}

/** What was added is what was delivered, what was discarded, and what is stored. */
async function checkBooks(outbox: Outbox, books: Books): Promise<void> {
  const { ready, delayed, leased, dead } = await outbox.stats();
  await outbox.close();
  expect(sumOf(books, 'added')).toBe(books.accepted.size);
  expect(leased).toBe(0);
  expect(sumOf(books, 'delivered') + books.discarded.size + ready + delayed + dead).toBe(books.accepted.size);
}

function sumOf({ totals }: Books, name: keyof Books['totals'][number]): number {
  return totals.reduce((sum, each) => sum + each[name], 0);
}
