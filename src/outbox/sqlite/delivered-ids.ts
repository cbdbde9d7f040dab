import type { Database, Statement } from './database.js';

/** Ids forgotten in one step. */
const STEP = 1_000;

/** Remembers for a while which events were delivered, or discarded as dead letters, of those whose id the caller chose: the same again is a duplicate. */
export class DeliveredIds {
  readonly #rememberMs: number;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #forgetExpired: Statement;
  readonly #forgetOldest: Statement;

  constructor(database: Database, rememberMs: number) {
    this.#rememberMs = rememberMs;
    this.#insert = database.prepare('INSERT OR REPLACE INTO done (id, forget_at) VALUES (?, ?)');
    this.#find = database.prepare('SELECT 1 FROM done WHERE id = ? AND forget_at > ?');
    this.#forgetExpired = database.prepare(
      `DELETE FROM done WHERE id IN (SELECT id FROM done WHERE forget_at <= ? ORDER BY forget_at LIMIT ${STEP})`,
    );
    this.#forgetOldest = database.prepare(
      `DELETE FROM done WHERE id IN (SELECT id FROM done ORDER BY forget_at LIMIT ${STEP})`,
    );
  }

  /** Remembers one. */
  add(id: string, now: number): void {
    if (this.#rememberMs > 0) this.#insert.run(id, now + this.#rememberMs);
  }

  /** Whether an event of that id was delivered or discarded, as far as is remembered. */
  has(id: string, now: number): boolean {
    return this.#find.get(id, now) !== undefined;
  }

  /** Forgets a few whose time is over; true if there may be more. */
  forgetExpired(now: number): boolean {
    return Number(this.#forgetExpired.run(now).changes) === STEP;
  }

  /** Forgets the oldest few before their time; false if there are none. */
  forgetOldest(): boolean {
    return Number(this.#forgetOldest.run().changes) > 0;
  }
}
