import { resolve } from 'node:path';
import { ClosedError, StorageError } from '../../errors.js';
import { checkItems } from '../queue-items.js';
import type {
  Consumer,
  ConsumeOptions,
  DeadLetter,
  DeliveryHandler,
  EnqueueReport,
  Queue,
  QueueItem,
  QueueStats,
} from '../queue.js';
import { chooseDriver, currentSurroundings } from './driver-choice.js';
import { toError } from './failure.js';
import { concernsAbout, ensureQueueFile } from './queue-file.js';
import type { PartitionStats } from './partition-stats.js';
import { SqliteConsumer } from './sqlite-consumer.js';
import {
  resolveSqliteQueueOptions,
  type ResolvedSqliteQueueOptions,
  type SqliteQueueOptions,
} from './sqlite-options.js';
import type { StoreCalls } from './store-calls.js';
import type { Argument, OperationName, Result } from './store-operations.js';
import { StoreThread } from './store-thread.js';

/** Items made due, or ids sent, in one step: others get their turn in between. */
const STEP = 1_000;

/** Dead letters fetched at once. */
const PAGE = 200;

/** A queue in an SQLite file, which also tells what it holds by partition. */
export interface SqliteQueue extends Queue {
  /** What is stored, by partition, and why the last delivery of each failed; those without anything are left out. */
  partitions(): Promise<readonly PartitionStats[]>;
}

class Sqlite implements SqliteQueue, StoreCalls {
  readonly #options: ResolvedSqliteQueueOptions;
  readonly #consumers = new Set<SqliteConsumer>();
  #thread: StoreThread | undefined;
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(options: ResolvedSqliteQueueOptions) {
    this.#options = options;
  }

  enqueue(items: readonly QueueItem[]): Promise<EnqueueReport> {
    if (items.length === 0) return Promise.resolve({ added: [], duplicates: [] });
    try {
      checkItems(items);
    } catch (error) {
      return Promise.reject(error);
    }
    // All that is kept of them while the disk is waited for, where an async function would keep them whole: thousands of
    // callers may wait.
    const ids = items.map(({ id }) => id);
    return this.call('add', items).then((known) => this.#report(ids, known));
  }

  async consume(handler: DeliveryHandler, options: ConsumeOptions): Promise<Consumer> {
    // Opens the file, so that whoever starts learns at once if it cannot be.
    await this.call('dataVersion', null);
    const consumer = new SqliteConsumer(handler, options, {
      calls: this,
      pollMs: this.#options.pollMs,
      onStopped: (stopped) => this.#consumers.delete(stopped),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  stats(): Promise<QueueStats> {
    return this.call('stats', null);
  }

  partitions(): Promise<readonly PartitionStats[]> {
    return this.call('partitions', null);
  }

  async *dead({ limit = Infinity, after }: { readonly limit?: number; readonly after?: string } = {}): AsyncGenerator<
    DeadLetter,
    void,
    undefined
  > {
    let place: number | undefined = after === undefined ? 0 : await this.#placeOf(after);
    for (let left = limit; place !== undefined && left > 0;) {
      const page: Result<'dead'> = await this.call('dead', { after: place, limit: Math.min(left, PAGE) });
      yield* page.letters;
      left -= page.letters.length;
      place = page.next;
    }
  }

  async replay(ids: readonly string[]): Promise<number> {
    const replayed = await this.#inSteps(ids, (some) => this.call('replay', some));
    if (replayed > 0) this.#wakeConsumers();
    return replayed;
  }

  async release(partition: string): Promise<number> {
    const now = Date.now();
    for (let released = 0; ;) {
      const step = await this.call('release', { partition, now, limit: STEP });
      released += step;
      if (step > 0) this.#wakeConsumers();
      if (step < STEP) return released;
    }
  }

  discard(ids: readonly string[]): Promise<number> {
    return this.#inSteps(ids, (some) => this.call('discard', some));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  call<Name extends OperationName>(name: Name, argument: Argument<Name>): Promise<Result<Name>> {
    try {
      return this.#running().call(name, argument);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    this.#closed = true;
    await this.#thread?.close();
  }

  /** The thread that keeps the file: started by the first call, and anew by the first one after it ended. */
  #running(): StoreThread {
    if (this.#closed) throw new ClosedError('the queue is closed');
    if (this.#thread?.isRunning === true) return this.#thread;
    const { path, driver, maxEvents, maxBytes, maxShare, rememberMs, lockTimeoutMs } = this.#options;
    ensureQueueFile(path);
    const drivers = chooseDriver(currentSurroundings(), driver);
    const options = { maxEvents, maxBytes, maxShare, rememberMs, lockTimeoutMs };
    // Only then: what to do about a file that is no outbox is not ours to say.
    const warn = () => concernsAbout(path).forEach(warnOnce);
    this.#thread = new StoreThread({ path, drivers, options }, warn);
    return this.#thread;
  }

  /** What became of the items of these ids. */
  #report(ids: readonly string[], known: Result<'add'>): EnqueueReport {
    if ('kind' in known) throw toError(known);
    const report = reportOn(ids, known);
    if (report.added.length > 0) this.#wakeConsumers();
    return report;
  }

  #wakeConsumers(): void {
    for (const consumer of this.#consumers) consumer.wake();
  }

  async #placeOf(id: string): Promise<number> {
    const place = await this.call('placeOfDead', id);
    if (place === null)
      throw new StorageError('there is no dead letter with the id of `after` any more: list them anew.');
    return place;
  }

  async #inSteps(ids: readonly string[], act: (some: readonly string[]) => Promise<number>): Promise<number> {
    let sum = 0;
    for (let from = 0; from < ids.length; from += STEP) sum += await act(ids.slice(from, from + STEP));
    return sum;
  }
}

/** What became of the items of these ids, of which some, by their places, had been stored before. */
function reportOn(ids: readonly string[], known: readonly number[]): EnqueueReport {
  if (known.length === 0) return { added: ids, duplicates: [] };
  const places = new Set(known);
  return {
    added: ids.filter((_, place) => !places.has(place)),
    duplicates: ids.filter((_, place) => places.has(place)),
  };
}

const warned = new Set<string>();

function warnOnce(concern: string): void {
  if (warned.has(concern)) return;
  warned.add(concern);
  process.emitWarning(concern, { code: 'CLEVERTAP_ATTRIBUTION_OUTBOX_FILE' });
}

/**
 * A queue in an SQLite file, for one machine: several processes on it may use the same file. The file is opened by the first
 * call, which rejects with a `StorageError` if that cannot be done.
 *
 * @throws {ValidationError} if an option is wrong.
 */
export function sqliteQueue(options: SqliteQueueOptions): SqliteQueue {
  const resolved = resolveSqliteQueueOptions(options);
  return new Sqlite(Object.freeze({ ...resolved, path: resolve(resolved.path) }));
}
