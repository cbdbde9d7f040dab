import type { Bookkeeping } from './bookkeeping.js';
import type { Database, Statement } from './database.js';
import { Claiming } from './claiming.js';
import type { Claim, ClaimCursor, ClaimRequest, Held } from './store-operations.js';

/** Partitions looked at by one claim; with more of them it goes on in another, so that nobody waits long for the lock. */
const MAX_STEPS = 5_000;

interface Candidate {
  readonly seq: number;
  readonly partition: number;
  readonly due: number;
}

interface LeasedRow {
  readonly id: string;
  readonly named: number;
  readonly payload: string;
  readonly deliveries: number;
  readonly added: number;
  readonly failing_since: number | null;
}

/**
 * Hands items out under leases. Partitions take turns, one item each: from wherever it stands, the index leads straight to the
 * next partition's first item, over however many of the one before.
 */
export class Claims {
  readonly #bookkeeping: Bookkeeping;
  readonly #firstBehind: Statement;
  readonly #firstOf: Statement;
  readonly #lease: Statement;
  readonly #endExpired: Statement;
  readonly #firstLeaseEnd: Statement;
  readonly #renew: Statement;
  readonly #handBack: Statement;
  readonly #newLease: () => number;

  constructor(database: Database, bookkeeping: Bookkeeping, newLease: () => number) {
    this.#bookkeeping = bookkeeping;
    this.#newLease = newLease;
    this.#firstBehind = database.prepare(
      `SELECT seq, partition, due FROM items WHERE lease IS NULL AND partition > ?
       ORDER BY partition, due, seq LIMIT 1`,
    );
    this.#firstOf = database.prepare(
      `SELECT seq, partition, due FROM items WHERE lease IS NULL AND partition = ? ORDER BY due, seq LIMIT 1`,
    );
    this.#lease = database.prepare(
      `UPDATE items SET lease = ?, lease_until = ?, deliveries = deliveries + 1 WHERE seq = ?
       RETURNING id, named, payload, deliveries, added, failing_since`,
    );
    this.#endExpired = database.prepare(
      'UPDATE items SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL AND lease_until <= ?',
    );
    this.#firstLeaseEnd = database.prepare('SELECT min(lease_until) AS at FROM items WHERE lease IS NOT NULL');
    this.#renew = database.prepare(
      `UPDATE items SET lease_until = ? FROM json_each(?) AS held
       WHERE items.seq = held.value ->> 0 AND items.lease = held.value ->> 1`,
    );
    this.#handBack = database.prepare('UPDATE items SET lease = NULL, lease_until = NULL WHERE seq = ? AND lease = ?');
  }

  /** Claims what is due, in turns, as far as there is room for each partition. */
  claim(request: ClaimRequest, now: number): Claim {
    this.#endExpired.run(now);
    const claiming = new Claiming(request, this.#newLease());
    const sweep = this.#sweep(claiming, now);
    const lastServed = this.#takeTurns(claiming, now);
    const ended = sweep.complete || claiming.isFull;
    const cursor: ClaimCursor = ended
      ? { position: lastServed ?? sweep.position, from: undefined, wrapped: false, nextDue: undefined }
      : { ...sweep, nextDue: claiming.nextDue };
    const { lease, items, nextDue } = claiming;
    return { lease, items, cursor, complete: sweep.complete, lookAgainAt: this.#earlier(nextDue) };
  }

  /** Looks at one partition after another, from where the last claim stopped, and takes one item of each. */
  #sweep(claiming: Claiming, now: number): { position: number; from: number; wrapped: boolean; complete: boolean } {
    let { position, wrapped } = claiming.start;
    const from = claiming.start.from ?? position;
    for (let steps = 0; !claiming.isFull && steps < MAX_STEPS; steps += 1) {
      let next = this.#firstBehind.get(position) as Candidate | undefined;
      if (next === undefined && !wrapped) {
        wrapped = true;
        next = this.#firstBehind.get(0) as Candidate | undefined;
      }
      if (next === undefined || (wrapped && next.partition > from)) return { position, from, wrapped, complete: true };
      position = next.partition;
      this.#takeIfDue(next, claiming, now);
    }
    return { position, from, wrapped, complete: false };
  }

  /**
   * Has those that had something take further turns, without a look at those that had nothing: there may be thousands of them.
   * Gives the key of the one served last.
   */
  #takeTurns(claiming: Claiming, now: number): number | undefined {
    let lastServed: number | undefined;
    for (let serving = claiming.served(); serving.length > 0 && !claiming.isFull;) {
      serving = serving.filter((partition) => {
        if (claiming.isFull) return true;
        const next = this.#firstOf.get(partition) as Candidate | undefined;
        if (next === undefined || !this.#takeIfDue(next, claiming, now)) return false;
        lastServed = partition;
        return true;
      });
    }
    return lastServed;
  }

  #takeIfDue(candidate: Candidate, claiming: Claiming, now: number): boolean {
    const { seq, partition, due } = candidate;
    if (due > now) {
      claiming.isLater(due);
      return false;
    }
    const name = this.#bookkeeping.nameOf(partition);
    if (!claiming.hasRoomFor(partition, name)) return false;
    const row = this.#lease.get(claiming.lease, now + claiming.leaseMs, seq) as LeasedRow;
    claiming.took(partition, {
      seq,
      id: row.id,
      named: row.named === 1,
      partition: name,
      payload: row.payload,
      deliveries: row.deliveries - 1,
      addedAt: row.added,
      failingSince: row.failing_since ?? undefined,
    });
    return true;
  }

  /** Keeps items out until a time. */
  renew(held: readonly Held[], until: number): void {
    this.#renew.run(until, JSON.stringify(held.map(({ seq, lease }) => [seq, lease])));
  }

  /** Makes items claimable again at once; gives how many of them still were under their lease. */
  handBack(held: readonly Held[]): number {
    return held.reduce((sum, { seq, lease }) => sum + Number(this.#handBack.run(seq, lease).changes), 0);
  }

  #earlier(nextDue: number | undefined): number | undefined {
    const { at } = this.#firstLeaseEnd.get() as { at: number | null };
    if (at === null) return nextDue;
    return nextDue === undefined ? at : Math.min(at, nextDue);
  }
}
