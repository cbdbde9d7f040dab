import type { DeadLetter } from '../queue.js';
import type { Bookkeeping } from './bookkeeping.js';
import { SIZE_IN_SQL } from './bounds.js';
import type { Database, Statement } from './database.js';
import type { DeliveredIds } from './delivered-ids.js';
import type { DeadPage, DeadPageRequest } from './store-operations.js';

interface DeadRow {
  readonly place: number;
  readonly id: string;
  readonly partition: number;
  readonly payload: string;
  readonly reason: string;
  readonly deliveries: number;
  readonly added: number;
  readonly died: number;
}

/** What will not be handed out by itself any more. */
export class DeadLetters {
  readonly #bookkeeping: Bookkeeping;
  readonly #deliveredIds: DeliveredIds;
  readonly #page: Statement;
  readonly #placeOf: Statement;
  readonly #revive: Statement;
  readonly #delete: Statement;

  constructor(database: Database, bookkeeping: Bookkeeping, deliveredIds: DeliveredIds) {
    this.#bookkeeping = bookkeeping;
    this.#deliveredIds = deliveredIds;
    this.#page = database.prepare(
      `SELECT place, id, partition, payload, reason, deliveries, added, died FROM dead
       WHERE place > ? ORDER BY place LIMIT ?`,
    );
    this.#placeOf = database.prepare('SELECT place FROM dead WHERE id = ?');
    // With the place among all that it had: the oldest item stays the one with the lowest.
    this.#revive = database.prepare(
      `INSERT INTO items (seq, id, partition, due, deliveries, added, named, payload)
       SELECT seq, id, partition, ?, deliveries, added, named, payload FROM dead WHERE id = ?`,
    );
    this.#delete = database.prepare(`DELETE FROM dead WHERE id = ? RETURNING partition, named, ${SIZE_IN_SQL} AS size`);
  }

  /** Some of them, the one that died first at the front. */
  page({ after, limit }: DeadPageRequest): DeadPage {
    const rows = this.#page.all(after, limit) as DeadRow[];
    return {
      letters: rows.map((row) => this.#letterOf(row)),
      next: rows.length < limit ? undefined : rows.at(-1)?.place,
    };
  }

  /** Where one is; null if it is not there. */
  placeOf(id: string): number | null {
    return (this.#placeOf.get(id) as { place: number } | undefined)?.place ?? null;
  }

  /** Makes them due now; gives the number of those that were there. */
  replay(ids: readonly string[], now: number): number {
    return ids.reduce((sum, id) => {
      if (Number(this.#revive.run(now, id).changes) === 0) return sum;
      this.#delete.get(id);
      return sum + 1;
    }, 0);
  }

  /** Drops them for good: their ids stay known like those of what was delivered. Gives the number of those that were there. */
  discard(ids: readonly string[], now: number): number {
    return ids.reduce((sum, id) => {
      const row = this.#delete.get(id) as { partition: number; named: number; size: number } | undefined;
      if (row === undefined) return sum;
      if (row.named === 1) this.#deliveredIds.add(id, now);
      this.#bookkeeping.countOut(row.partition, row.size);
      return sum + 1;
    }, 0);
  }

  #letterOf(row: DeadRow): DeadLetter {
    return {
      id: row.id,
      partition: this.#bookkeeping.nameOf(row.partition),
      payload: row.payload,
      reason: row.reason,
      deliveries: row.deliveries,
      addedAt: row.added,
      diedAt: row.died,
    };
  }
}
