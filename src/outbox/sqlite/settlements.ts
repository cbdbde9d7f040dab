import type { Outcome } from '../queue.js';
import type { Bookkeeping } from './bookkeeping.js';
import { SIZE_IN_SQL } from './bounds.js';
import type { Database, Statement } from './database.js';
import type { DeliveredIds } from './delivered-ids.js';
import type { Held, Settlement } from './store-operations.js';

interface DeletedRow {
  readonly id: string;
  readonly partition: number;
  readonly named: number;
  readonly size: number;
}

type Retry = Extract<Outcome, { kind: 'retry' }>;

/** Settles what was handed out. A lease that is not the item's any more settles nothing: somebody else has it now. */
export class Settlements {
  readonly #bookkeeping: Bookkeeping;
  readonly #deliveredIds: DeliveredIds;
  readonly #delete: Statement;
  readonly #defer: Statement;
  readonly #bury: Statement;

  constructor(database: Database, bookkeeping: Bookkeeping, deliveredIds: DeliveredIds) {
    this.#bookkeeping = bookkeeping;
    this.#deliveredIds = deliveredIds;
    this.#delete = database.prepare(
      `DELETE FROM items WHERE seq = ? AND lease = ? RETURNING id, partition, named, ${SIZE_IN_SQL} AS size`,
    );
    this.#defer = database.prepare(
      'UPDATE items SET lease = NULL, lease_until = NULL, due = ?, failing_since = ? WHERE seq = ? AND lease = ? RETURNING partition',
    );
    this.#bury = database.prepare(
      `INSERT INTO dead (id, seq, partition, deliveries, added, named, died, reason, payload)
       SELECT id, seq, partition, deliveries, added, named, ?, ?, payload FROM items WHERE seq = ? AND lease = ?`,
    );
  }

  /** Whether the outcome was heeded. */
  settle({ outcome, ...held }: Settlement, now: number): boolean {
    switch (outcome.kind) {
      case 'delivered':
        return this.#deliver(held, now);
      case 'retry':
        return this.#retry(held, outcome, now);
      case 'dead':
        return this.#die(held, outcome.reason, now);
    }
  }

  #deliver({ seq, lease }: Held, now: number): boolean {
    const row = this.#delete.get(seq, lease) as DeletedRow | undefined;
    if (row === undefined) return false;
    if (row.named === 1) this.#deliveredIds.add(row.id, now);
    this.#bookkeeping.countOut(row.partition, row.size);
    this.#bookkeeping.noteTrouble(row.partition, undefined, now);
    return true;
  }

  #retry({ seq, lease }: Held, { at, reason, failingSince }: Retry, now: number): boolean {
    const since = failingSince === undefined ? null : Math.floor(failingSince);
    const row = this.#defer.get(Math.ceil(at), since, seq, lease) as { readonly partition: number } | undefined;
    if (row === undefined) return false;
    // What is due at once was handed back: nothing was found wrong with its partition.
    if (at > now) this.#bookkeeping.noteTrouble(row.partition, reason, now);
    return true;
  }

  /** A dead letter still counts: it takes its room until somebody has seen to it. */
  #die({ seq, lease }: Held, reason: string, now: number): boolean {
    if (Number(this.#bury.run(now, reason, seq, lease).changes) === 0) return false;
    this.#delete.get(seq, lease);
    this.#bookkeeping.noteDead();
    return true;
  }
}
