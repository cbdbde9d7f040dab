import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { AttributionClient } from '../../src/client.js';
import { Outbox } from '../../src/outbox/outbox.js';
import type { DeadLetter, Queue } from '../../src/outbox/queue.js';
import { APPLICATION_ID } from '../../src/outbox/sqlite/schema.js';
import { sqliteQueue } from '../../src/outbox/sqlite/sqlite-queue.js';
import { createEmulator } from '../../src/testing/index.js';
import { openRaw } from '../outbox/sqlite/raw-database.js';
import { canaryCredentials } from '../support/canary.js';
import { inorganicInstall } from '../support/events.js';
import { mustHold, orClosedSetError, withoutUncaught, type HostileInput } from './hostile-input.js';

/** Files as an outbox finds them where it is opened: the database, and the log beside it. */
interface HostileDatabase {
  readonly database: Uint8Array;
  readonly log?: Uint8Array;
  /** Whether it is what an outbox has written, whole: then all must still be there. */
  readonly isWhole: boolean;
}

const EVENTS = 60;
const LIMIT_MS = 15_000;
const credentials = canaryCredentials();

/** What a real outbox leaves behind: with everything in the database, and with some of it in the log, as after a crash. */
interface Samples {
  readonly settled: Uint8Array;
  readonly crashed: { readonly database: Uint8Array; readonly log: Uint8Array };
}

async function makeSamples(folder: string): Promise<Samples> {
  const path = join(folder, 'sample.db');
  const client = new AttributionClient({
    partnerName: 'airbridge',
    credentials,
    dispatcher: createEmulator().dispatcher(),
  });
  const outbox = new Outbox({ client, queue: sqliteQueue({ path }) });
  for (let index = 0; index < EVENTS; index += 1) await outbox.add(inorganicInstall(), { id: `event-${index}` });
  copyFileSync(path, join(folder, 'crashed.db'));
  copyFileSync(`${path}-wal`, join(folder, 'crashed.db-wal'));
  await outbox.close();
  await client.close();
  const read = (name: string) => readFileSync(join(folder, name));
  return { settled: read('sample.db'), crashed: { database: read('crashed.db'), log: read('crashed.db-wal') } };
}

/** A database that says it is ours, and is not. */
function impostor(folder: string, schema: string): Uint8Array {
  const path = join(folder, 'impostor.db');
  rmSync(path, { force: true });
  const database = openRaw(path);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 1; ${schema}`);
  database.close();
  return readFileSync(path);
}

const SCHEMAS = [
  'CREATE TABLE customers (name TEXT)',
  'CREATE TABLE totals (next_seq, stored, opened); CREATE TABLE items (x); CREATE TABLE dead (x)',
  `CREATE TABLE totals (next_seq, stored, opened); INSERT INTO totals VALUES ('x', 'y', 'z');
   CREATE TABLE partitions (key INTEGER PRIMARY KEY, name, stored, bytes);
   CREATE TABLE items (seq INTEGER PRIMARY KEY, id, partition, due, lease, lease_until, deliveries, failing_since, added, named, payload);
   INSERT INTO items VALUES (1, 1, 7, 0, NULL, NULL, 'x', 'y', NULL, NULL, x'00ff'), (2, NULL, NULL, 'soon', NULL, NULL, 0, 0, 0, 0, 5);
   CREATE TABLE dead (place INTEGER PRIMARY KEY, id, seq, partition, deliveries, added, named, died, reason, payload);
   INSERT INTO dead VALUES (1, NULL, NULL, 9, NULL, NULL, NULL, NULL, NULL, NULL);
   CREATE TABLE done (id PRIMARY KEY, forget_at)`,
];

interface Flip {
  readonly at: number;
  readonly byte: number;
}

function flipped(bytes: Uint8Array, flips: readonly Flip[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const { at, byte } of flips) copy[at % copy.length] = byte;
  return copy;
}

function databases({ settled, crashed }: Samples, folder: string): fc.Arbitrary<HostileDatabase> {
  const flips = fc.array(fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) }), { minLength: 1, maxLength: 40 });
  // The header, and what describes a page, decide most.
  const telling = fc.array(fc.record({ at: fc.nat({ max: 130 }), byte: fc.nat({ max: 255 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const noise = fc.uint8Array({ maxLength: 9_000 });
  const cutAt = fc.nat();
  const broken = (database: Uint8Array, log?: Uint8Array): HostileDatabase => ({
    database,
    ...(log && { log }),
    isWhole: false,
  });
  return fc.oneof(
    fc.constant({ database: settled, isWhole: true }),
    fc.constant({ ...crashed, isWhole: true }),
    noise.map((bytes) => broken(bytes)),
    noise.map((bytes) => broken(Buffer.concat([settled.subarray(0, 100), bytes]))),
    cutAt.map((at) => broken(settled.subarray(0, at % settled.length))),
    { weight: 4, arbitrary: flips.map((of) => broken(flipped(settled, of))) },
    { weight: 3, arbitrary: telling.map((of) => broken(flipped(settled, of))) },
    fc.constantFrom(...SCHEMAS).map((schema) => broken(impostor(folder, schema))),
    fc.constantFrom(...SCHEMAS).map((schema) => broken(impostor(folder, schema), crashed.log)),
    noise.map((log) => ({ database: settled, log, isWhole: true })),
    fc.constant(broken(settled, crashed.log)),
    { weight: 2, arbitrary: flips.map((of) => broken(crashed.database, flipped(crashed.log, of))) },
    cutAt.map((at) => broken(crashed.database, crashed.log.subarray(0, at % crashed.log.length))),
  );
}

async function listDead(queue: Queue): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of queue.dead()) letters.push(letter);
  return letters;
}

async function checkDatabase(given: HostileDatabase, path: string): Promise<void> {
  writeFileSync(path, given.database, { mode: 0o600 });
  if (given.log !== undefined) writeFileSync(`${path}-wal`, given.log, { mode: 0o600 });
  const emulator = createEmulator({ accounts: [credentials] });
  const client = new AttributionClient({ partnerName: 'airbridge', credentials, dispatcher: emulator.dispatcher() });
  const queue = sqliteQueue({ path, lockTimeoutMs: 200, maxShare: 1 });
  const outbox = new Outbox({ client, queue });
  const added = await orClosedSetError(outbox.add(inorganicInstall(), { id: 'another' }), LIMIT_MS);
  const before = await orClosedSetError(outbox.stats(), LIMIT_MS);
  mustHold(!given.isWhole || (added !== undefined && before?.ready === EVENTS + 1), 'all that was stored is there');
  await orClosedSetError(outbox.start(), LIMIT_MS);
  const deadline = performance.now() + (given.isWhole ? LIMIT_MS : 200);
  while (performance.now() < deadline && outbox.counters().delivered < (before?.ready ?? 0)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  mustHold(!given.isWhole || emulator.counts.recorded === EVENTS + 1, 'all that was stored is delivered');
  await orClosedSetError(listDead(queue), LIMIT_MS);
  await orClosedSetError(outbox.replay(['event-1']), LIMIT_MS);
  await orClosedSetError(outbox.discard(['event-2']), LIMIT_MS);
  await orClosedSetError(outbox.release('TEST-111-222Z'), LIMIT_MS);
  const { delivered, dead, rescheduled, out } = outbox.counters();
  mustHold(
    [delivered, dead, rescheduled, out].every((count) => count >= 0),
    'nothing is counted twice',
  );
  await orClosedSetError(outbox.close({ timeoutMs: 1_000 }), LIMIT_MS);
  await client.close({ timeoutMs: 0 });
  mustHold(existsSync(path), 'the file stays');
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}

async function checkDatabases(numRuns: number, seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clevertap-attribution-fuzz-'));
  try {
    const arbitrary = databases(await makeSamples(folder), folder);
    let files = 0;
    // A path of its own each time: a thread that broke lets go of its file, and drops the log of that name, in its own time.
    const newPath = () => join(folder, `outbox-${(files += 1)}.db`);
    const property = fc.asyncProperty(arbitrary, (given) => checkDatabase(given, newPath()));
    await withoutUncaught(() => fc.assert(property, { numRuns, seed, endOnFailure: true }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whatever lies where an outbox is opened. */
export const hostileDatabases: HostileInput = {
  name: 'database files, through the outbox',
  share: 1 / 100,
  check: checkDatabases,
};
