import type { QueueItem } from '../queue.js';
import type { Bookkeeping } from './bookkeeping.js';
import { sized, type Bounds, type SizedItem } from './bounds.js';
import type { Database, Statement } from './database.js';
import type { DeliveredIds } from './delivered-ids.js';
import type { Failure } from './failure.js';

/** Takes items in. */
export class Intake {
  readonly #bookkeeping: Bookkeeping;
  readonly #bounds: Bounds;
  readonly #deliveredIds: DeliveredIds;
  readonly #insert: Statement;
  readonly #findDead: Statement;
  readonly #findStored: Statement;

  constructor(database: Database, bookkeeping: Bookkeeping, bounds: Bounds, deliveredIds: DeliveredIds) {
    this.#bookkeeping = bookkeeping;
    this.#bounds = bounds;
    this.#deliveredIds = deliveredIds;
    this.#insert = database.prepare(
      `INSERT INTO items (seq, id, partition, due, added, named, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#findDead = database.prepare('SELECT 1 FROM dead WHERE id = ?');
    this.#findStored = database.prepare(
      'SELECT 1 FROM items WHERE id = ? UNION ALL SELECT 1 FROM dead WHERE id = ? LIMIT 1',
    );
  }

  /** Stores all of them, or none and says why; gives the places of those that had been stored before. */
  add(items: readonly QueueItem[], now: number): readonly number[] | Failure {
    const all = items.map(sized);
    // Which of them are there already is only looked up beforehand where it decides on whether there is room.
    const refused =
      this.#bounds.refusal(all) && this.#bounds.refusal(all.filter(({ item }) => !this.#isKnown(item, now)));
    if (refused !== undefined) return refused;
    const known: number[] = [];
    all.forEach((item, place) => {
      if (!this.#store(item, now)) known.push(place);
    });
    return known;
  }

  #store({ item, bytes }: SizedItem, now: number): boolean {
    const { id, named, payload, addedAt = now } = item;
    if (named && this.#deliveredIds.has(id, now)) return false;
    if (this.#bookkeeping.hasDead && this.#findDead.get(id) !== undefined) return false;
    const partition = this.#bookkeeping.enter(item.partition);
    const seq = this.#bookkeeping.nextSeq();
    const { changes } = this.#insert.run(seq, id, partition.key, now, addedAt, named ? 1 : 0, payload);
    if (Number(changes) === 0) return false;
    this.#bookkeeping.count(partition, 1, bytes);
    this.#bounds.added(bytes);
    return true;
  }

  #isKnown({ id, named }: QueueItem, now: number): boolean {
    return this.#findStored.get(id, id) !== undefined || (named && this.#deliveredIds.has(id, now));
  }
}
