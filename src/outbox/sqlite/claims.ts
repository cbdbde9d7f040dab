import type { Bookkeeping } from './bookkeeping.js';
import type { Database, Statement } from './database.js';
import type { Claim, ClaimCursor, ClaimedItem, ClaimRequest, Held } from './store-operations.js';

/** Partitions looked at by one claim; with more of them it goes on in another, so that nobody waits long for the lock. */
const MAX_STEPS = 1_000;

interface Candidate {
  readonly seq: number;
  readonly partition: number;
  readonly due: number;
}

interface LeasedRow {
  readonly id: string;
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
    this.#lease = database.prepare(
      `UPDATE items SET lease = ?, lease_until = ?, deliveries = deliveries + 1 WHERE seq = ?
       RETURNING id, payload, deliveries, added, failing_since`,
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
    const lease = this.#newLease();
    const rooms = new Map<number, number>();
    const items: ClaimedItem[] = [];
    let { position, idleFrom, wrapped, nextDue } = request.cursor ?? START;
    let complete = false;
    for (let steps = 0; items.length < request.count && steps < MAX_STEPS; steps += 1) {
      const next = this.#firstAfter(position);
      if (next === undefined) {
        complete = true;
        break;
      }
      if (next.partition <= position) wrapped = true;
      position = next.partition;
      if (wrapped && idleFrom !== undefined && position >= idleFrom) {
        complete = true;
        break;
      }
      const room = rooms.get(position) ?? this.#roomFor(position, request);
      if (next.due <= now && room > 0) {
        rooms.set(position, room - 1);
        items.push(this.#take(next, lease, now + request.leaseMs));
        [idleFrom, wrapped, nextDue] = [undefined, false, undefined];
        continue;
      }
      if (idleFrom === undefined) [idleFrom, wrapped] = [position, false];
      if (next.due > now) nextDue = Math.min(nextDue ?? next.due, next.due);
    }
    const cursor: ClaimCursor = complete ? { ...START, position } : { position, idleFrom, wrapped, nextDue };
    return { lease, items, cursor, complete, lookAgainAt: this.#earlier(nextDue) };
  }

  /** Keeps items out until a time. */
  renew(held: readonly Held[], until: number): void {
    this.#renew.run(until, JSON.stringify(held.map(({ seq, lease }) => [seq, lease])));
  }

  /** Makes items claimable again at once; gives how many of them still were under their lease. */
  handBack(held: readonly Held[]): number {
    return held.reduce((sum, { seq, lease }) => sum + Number(this.#handBack.run(seq, lease).changes), 0);
  }

  /** The first item of the partition behind this one, or of the first partition of all. */
  #firstAfter(position: number): Candidate | undefined {
    return (this.#firstBehind.get(position) ?? this.#firstBehind.get(0)) as Candidate | undefined;
  }

  #roomFor(partition: number, { perPartition, rooms }: ClaimRequest): number {
    return rooms.get(this.#bookkeeping.nameOf(partition)) ?? perPartition;
  }

  #take({ seq, partition }: Candidate, lease: number, until: number): ClaimedItem {
    const row = this.#lease.get(lease, until, seq) as LeasedRow;
    return {
      seq,
      id: row.id,
      partition: this.#bookkeeping.nameOf(partition),
      payload: row.payload,
      deliveries: row.deliveries - 1,
      addedAt: row.added,
      failingSince: row.failing_since ?? undefined,
    };
  }

  #earlier(nextDue: number | undefined): number | undefined {
    const { at } = this.#firstLeaseEnd.get() as { at: number | null };
    if (at === null) return nextDue;
    return nextDue === undefined ? at : Math.min(at, nextDue);
  }
}

/** Keys of partitions start at 1. */
const START: ClaimCursor = { position: 0, idleFrom: undefined, wrapped: false, nextDue: undefined };
