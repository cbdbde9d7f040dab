/**
 * What the embedded store can do, against the bare SQLite driver: `npm run bench:outbox-store`.
 *
 * Ratios hold from one machine to another, absolute numbers do not.
 */
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Database } from '../src/outbox/sqlite/database.js';
import { chooseDriver, currentSurroundings } from '../src/outbox/sqlite/driver-choice.js';
import { loadDriver } from '../src/outbox/sqlite/load-driver.js';
import { sqliteQueue } from '../src/outbox/sqlite/sqlite-queue.js';
import type { QueueItem } from '../src/outbox/queue.js';

const ROUNDS = 5;
const ROUND_MS = 1_500;
const CALLERS = 512;
const PER_TRANSACTION = 64;

const payload = JSON.stringify({ version: 1, event: 'x'.repeat(360) })
  .padEnd(400, ' ')
  .slice(0, 400);
const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-bench-'));
const require = createRequire(import.meta.url);
let files = 0;

process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function newPath(): string {
  return join(folder, `${(files += 1)}.db`);
}

let lastId = 0;

/** Time-ordered, as the outbox makes them. */
function newId(): string {
  return `0199${(lastId += 1).toString(16).padStart(12, '0')}-7000-8000-000000000000`.slice(0, 36);
}

function openBare(): Database {
  const { DatabaseClass } = loadDriver(chooseDriver(currentSurroundings()));
  const database = new DatabaseClass(newPath());
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec('CREATE TABLE events (id TEXT PRIMARY KEY, payload TEXT NOT NULL)');
  database.exec('PRAGMA synchronous = FULL');
  return database;
}

/** Events per second of the bare driver. */
function measureBare(): number {
  const database = openBare();
  const insert = database.prepare('INSERT INTO events VALUES (?, ?)');
  const started = performance.now();
  let events = 0;
  while (performance.now() - started < ROUND_MS) {
    database.exec('BEGIN IMMEDIATE');
    for (let index = 0; index < PER_TRANSACTION; index += 1) insert.run(newId(), payload);
    database.exec('COMMIT');
    events += PER_TRANSACTION;
  }
  const rate = (events / (performance.now() - started)) * 1_000;
  database.close();
  return rate;
}

/** Events per second of the store, and what the event loop had to bear. */
async function measureStore(): Promise<{ rate: number; p99: number }> {
  const queue = sqliteQueue({ path: newPath(), maxEvents: 100_000_000, maxBytes: 2 ** 36 });
  await queue.stats();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  let events = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - started < ROUND_MS) {
      await queue.enqueue([{ id: newId(), named: false, partition: `P${events % 20}`, payload }]);
      events += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const rate = (events / (performance.now() - started)) * 1_000;
  delay.disable();
  await queue.close();
  return { rate, p99: delay.percentile(99) / 1e6 - 1 };
}

/** What any event loop has to bear on this machine now. */
async function measureIdle(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  delay.disable();
  return delay.percentile(99) / 1e6 - 1;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function measureAdding(): Promise<void> {
  const bare: number[] = [];
  const rates: number[] = [];
  const p99s: number[] = [];
  const idle: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(measureBare());
    const { rate, p99 } = await measureStore();
    rates.push(rate);
    p99s.push(p99);
    idle.push(await measureIdle());
  }
  print('bare driver, 64 inserts per synced transaction', `${Math.round(median(bare))} events/s`);
  print(`add, ${CALLERS} concurrent callers`, `${Math.round(median(rates))} events/s`);
  print('  ratio (target at least 0.6)', (median(rates) / median(bare)).toFixed(2));
  print(
    '  event-loop delay, p99 (target at most 5 ms)',
    `${median(p99s).toFixed(1)} ms (idle: ${median(idle).toFixed(1)} ms)`,
  );
}

async function fill(path: string, count: number, partition: string): Promise<void> {
  const queue = sqliteQueue({ path, maxEvents: 10_000_000, maxBytes: 2 ** 36, maxShare: 1 });
  for (let from = 0; from < count; from += 20_000) {
    const some: QueueItem[] = Array.from({ length: Math.min(20_000, count - from) }, () => ({
      id: newId(),
      named: false,
      partition,
      payload,
    }));
    await queue.enqueue(some);
  }
  await queue.close();
}

async function measureReopening(): Promise<void> {
  const path = newPath();
  await fill(path, 1_000_000, 'P');
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const queue = sqliteQueue({ path, maxEvents: 10_000_000, maxBytes: 2 ** 36, maxShare: 1 });
  await queue.enqueue([{ id: newId(), named: false, partition: 'P', payload }]);
  const opened = performance.now() - started;
  let taken = 0;
  const consumer = await queue.consume(() => ((taken += 1), Promise.resolve({ kind: 'delivered' })), {
    concurrency: 256,
    leaseMs: 30_000,
  });
  while (taken < 20_000) await new Promise((resolve) => setTimeout(resolve, 10));
  const memory = (process.memoryUsage().rss - before) / 2 ** 20;
  const statsStarted = performance.now();
  await queue.stats();
  const stats = performance.now() - statsStarted;
  await consumer.stop();
  await queue.close();
  print('1,000,000 events stored: reopen and add one (target at most 100 ms)', `${opened.toFixed(0)} ms`);
  print('  memory after 20,000 deliveries (target at most +64 MB)', `+${memory.toFixed(0)} MB`);
  print('  stats()', `${stats.toFixed(0)} ms`);
}

async function measureConsuming(): Promise<void> {
  const path = newPath();
  const count = 100_000;
  await fill(path, count, 'P');
  const queue = sqliteQueue({ path });
  let taken = 0;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const started = performance.now();
  const consumer = await queue.consume(
    async () => {
      await new Promise(setImmediate);
      if ((taken += 1) === count) done();
      return { kind: 'delivered' };
    },
    { concurrency: 256, leaseMs: 30_000 },
  );
  await all;
  const rate = (count / (performance.now() - started)) * 1_000;
  await consumer.stop();
  await queue.close();
  print('claim and settle, 256 at once, handlers that do nothing', `${Math.round(rate)} events/s`);
}

async function measureFairness(): Promise<void> {
  const path = newPath();
  await fill(path, 300_000, 'LARGE');
  await fill(path, 1, 'SMALL');
  const queue = sqliteQueue({ path });
  let taken = 0;
  let turn: (position: number) => void = () => undefined;
  const found = new Promise<number>((resolve) => (turn = resolve));
  const consumer = await queue.consume(
    ({ partition }) => {
      taken += 1;
      if (partition === 'SMALL') turn(taken);
      return Promise.resolve({ kind: 'delivered' });
    },
    { concurrency: 256, leaseMs: 30_000 },
  );
  const position = await found;
  await consumer.stop();
  await queue.close();
  print("a small project's first event behind 300,000 of another (target: below 6,000)", `position ${position}`);
}

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(80)} ${figure}`);
}

const { name } = loadDriver(chooseDriver(currentSurroundings()));
const version =
  name === 'node:sqlite' ? process.version : (require(`${name}/package.json`) as { version: string }).version;
console.log(`Node ${process.version}, ${name} ${version}\n`);
await measureAdding();
await measureConsuming();
await measureReopening();
await measureFairness();
