import { join } from 'node:path';
import type { Outcome, QueueItem } from '../../../src/outbox/queue.js';
import type { Database } from '../../../src/outbox/sqlite/database.js';
import { Store, type StoreOptions } from '../../../src/outbox/sqlite/store.js';
import type { Claim, ClaimRequest } from '../../../src/outbox/sqlite/store-operations.js';
import { openRaw } from './raw-database.js';

let files = 0;

/** A store in this thread, whose clock stands still until it is set. */
export class StoreFixture {
  now = 1_000_000;
  readonly path: string;
  readonly store: Store;
  readonly database: Database;
  #lastLease = 0;

  constructor(folder: string, options: Partial<StoreOptions> = {}, path = join(folder, `store-${(files += 1)}.db`)) {
    this.path = path;
    const defaults = { maxEvents: 10_000, maxBytes: 2 ** 30, maxShare: 1, rememberMs: 60_000, lockTimeoutMs: 5_000 };
    this.database = openRaw(path);
    this.store = new Store(
      this.database,
      { ...defaults, ...options },
      { now: () => this.now, newLease: () => (this.#lastLease += 1) },
    );
  }

  /** Ids that were added; throws what the store refuses with. */
  add(...items: readonly QueueItem[]): readonly string[] {
    const known = this.store.transaction(() => this.store.add(items));
    if ('kind' in known) throw new Error(known.message);
    return items.flatMap(({ id }, place) => (known.includes(place) ? [] : [id]));
  }

  claim(request: Partial<ClaimRequest> = {}): Claim {
    const defaults = { count: 100, perPartition: 100, rooms: new Map(), leaseMs: 1_000, cursor: undefined };
    return this.store.transaction(() => this.store.claim({ ...defaults, ...request }));
  }

  /** Settles all of a claim alike; gives how many were heeded. */
  settle({ items, lease }: Claim, outcome: Outcome = { kind: 'delivered' }): number {
    return this.store.transaction(() => items.filter(({ seq }) => this.store.settle({ seq, lease, outcome })).length);
  }
}

/** An item as the outbox makes them. */
export function item(id: string, partition = 'P', { named = true, payload = `payload of ${id}` } = {}): QueueItem {
  return { id, named, partition, payload };
}

/** Several of them. */
export function someItems(count: number, partition = 'P', payload?: string): QueueItem[] {
  return Array.from({ length: count }, (_, index) =>
    item(`${partition}-${index}`, partition, payload === undefined ? {} : { payload }),
  );
}
