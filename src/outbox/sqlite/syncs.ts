import type { Database, Statement } from './database.js';

/** When a transaction has to be on the disk: before it returns, or soon after. */
export type Urgency = 'now' | 'soon';

/** How long something that may be on the disk later can stay behind, in milliseconds. */
const SOON_MS = 25;

/**
 * Has transactions synced to the disk: each on its own, or several that need not be there at once with one sync. Theirs is one
 * log, so that a sync takes all along that was committed before, and a power failure can only undo the end of it.
 */
export class Syncs {
  readonly #database: Database;
  readonly #nowMs: () => number;
  readonly #write: Statement;
  readonly #totalChanges: Statement;
  #isFull = true;
  /** When the first transaction was committed that is not synced yet. */
  #behindSince: number | undefined;

  /** @param nowMs A clock that is never set, in milliseconds. */
  constructor(database: Database, nowMs = () => performance.now()) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#write = database.prepare('UPDATE totals SET opened = opened + 1');
    this.#totalChanges = database.prepare('SELECT total_changes() AS count');
  }

  /** In how many milliseconds what is behind has to be synced; undefined if nothing is. */
  get dueInMs(): number | undefined {
    return this.#behindSince === undefined ? undefined : Math.max(0, this.#behindSince + SOON_MS - this.#nowMs());
  }

  /** Runs a transaction, which is given what it has to do right before its commit. */
  run<T>(urgency: Urgency, transaction: (finish: () => void) => T): T {
    const full = urgency === 'now' || this.dueInMs === 0;
    this.#set(full);
    const before = this.#changes();
    let changed = true as boolean;
    const result = transaction(() => {
      changed = this.#changes() !== before;
      // What changes nothing is not synced, and so would not take along what is behind.
      if (full && !changed && this.#behindSince !== undefined) this.#write.run();
    });
    if (full) this.#behindSince = undefined;
    else if (changed) this.#behindSince ??= this.#nowMs();
    return result;
  }

  #changes(): number {
    return (this.#totalChanges.get() as { readonly count: number }).count;
  }

  #set(full: boolean): void {
    if (this.#isFull === full) return;
    this.#database.exec(`PRAGMA synchronous = ${full ? 'FULL' : 'NORMAL'}`);
    this.#isFull = full;
  }
}
