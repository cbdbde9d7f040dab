import type { EnqueueReport, QueueItem } from '../queue.js';
import type { Bookkeeping } from './bookkeeping.js';
import { sizeOf, type Bounds } from './bounds.js';
import type { Database, Statement } from './database.js';
import type { DeliveredIds } from './delivered-ids.js';
import type { Failure } from './failure.js';

/** Takes items in. */
export class Intake {
  readonly #bookkeeping: Bookkeeping;
  readonly #bounds: Bounds;
  readonly #deliveredIds: DeliveredIds;
  readonly #insert: Statement;
  readonly #findStored: Statement;

  constructor(database: Database, bookkeeping: Bookkeeping, bounds: Bounds, deliveredIds: DeliveredIds) {
    this.#bookkeeping = bookkeeping;
    this.#bounds = bounds;
    this.#deliveredIds = deliveredIds;
    this.#insert = database.prepare(
      `INSERT INTO items (seq, id, partition, due, added, named, payload)
       SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM dead WHERE id = ?)
       ON CONFLICT (id) DO NOTHING`,
    );
    this.#findStored = database.prepare(
      'SELECT 1 FROM items WHERE id = ? UNION ALL SELECT 1 FROM dead WHERE id = ? LIMIT 1',
    );
  }

  /** Stores all of them, or none and says why. */
  add(items: readonly QueueItem[], now: number): EnqueueReport | Failure {
    // Which of them are there already is only looked up beforehand where it decides on whether there is room.
    const refused =
      this.#bounds.refusal(items) && this.#bounds.refusal(items.filter((item) => !this.#isKnown(item, now)));
    if (refused !== undefined) return refused;
    const added: string[] = [];
    const duplicates: string[] = [];
    for (const item of items) (this.#store(item, now) ? added : duplicates).push(item.id);
    return { added, duplicates };
  }

  #store(item: QueueItem, now: number): boolean {
    const { id, named, payload, addedAt = now } = item;
    if (named && this.#deliveredIds.has(id, now)) return false;
    const partition = this.#bookkeeping.enter(item.partition);
    const seq = this.#bookkeeping.nextSeq();
    const { changes } = this.#insert.run(seq, id, partition.key, now, addedAt, named ? 1 : 0, payload, id);
    if (Number(changes) === 0) return false;
    const size = sizeOf(item);
    this.#bookkeeping.count(partition, 1, size);
    this.#bounds.added(size);
    return true;
  }

  #isKnown({ id, named }: QueueItem, now: number): boolean {
    return this.#findStored.get(id, id) !== undefined || (named && this.#deliveredIds.has(id, now));
  }
}
