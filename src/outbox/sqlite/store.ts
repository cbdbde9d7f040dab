import type { QueueItem, QueueStats } from '../queue.js';
import { Bookkeeping } from './bookkeeping.js';
import { Bounds, maxPages, type BoundOptions } from './bounds.js';
import { Claims } from './claims.js';
import { prepareConnection } from './connection.js';
import { readPragma, type Database, type Statement } from './database.js';
import { DeadLetters } from './dead-letters.js';
import { DeliveredIds } from './delivered-ids.js';
import type { Failure } from './failure.js';
import { Intake } from './intake.js';
import { PartitionReports, type PartitionStats } from './partition-stats.js';
import { Settlements } from './settlements.js';
import type {
  Claim,
  ClaimRequest,
  DeadPage,
  DeadPageRequest,
  Held,
  Settlement,
  StoreOperations,
} from './store-operations.js';
import { Syncs, type Urgency } from './syncs.js';

/** How a store works; plain data. */
export interface StoreOptions extends BoundOptions {
  /** How long to know again the ids of delivered events, in milliseconds. */
  readonly rememberMs: number;
  /** How long to wait for other processes that write, in milliseconds. */
  readonly lockTimeoutMs: number;
}

/** What a store takes from outside. */
export interface StoreSurroundings {
  readonly now: () => number;
  /** A number that no other lease has. */
  readonly newLease: () => number;
}

interface StatsRow {
  readonly stored: number;
  readonly delayed: number;
  readonly leased: number;
  readonly dead: number;
  readonly oldest: number | null;
}

/** Free pages that are kept for what comes next; the rest goes back to the disk. */
const KEPT_FREE_PAGES = 256;

/** Free pages given back in one step. */
const VACUUM_STEP_PAGES = 256;

/**
 * The queue as a synchronous state machine over a connection. Whatever changes something is called within `transaction`, and is
 * durable once that returns.
 */
export class Store implements StoreOperations {
  readonly #database: Database;
  readonly #now: () => number;
  readonly #syncs: Syncs;
  readonly #bookkeeping: Bookkeeping;
  readonly #deliveredIds: DeliveredIds;
  readonly #bounds: Bounds;
  readonly #intake: Intake;
  readonly #claims: Claims;
  readonly #settlements: Settlements;
  readonly #deadLetters: DeadLetters;
  readonly #partitions: PartitionReports;
  readonly #release: Statement;
  readonly #stats: Statement;

  constructor(database: Database, options: StoreOptions, { now, newLease }: StoreSurroundings) {
    prepareConnection(database, options.lockTimeoutMs, (pageSize) => maxPages(options, pageSize));
    this.#database = database;
    this.#now = now;
    this.#syncs = new Syncs(database);
    this.#bookkeeping = new Bookkeeping(database);
    this.#deliveredIds = new DeliveredIds(database, options.rememberMs);
    this.#bounds = new Bounds(database, this.#bookkeeping, this.#deliveredIds, options);
    this.#intake = new Intake(database, this.#bookkeeping, this.#bounds, this.#deliveredIds);
    this.#claims = new Claims(database, this.#bookkeeping, newLease);
    this.#settlements = new Settlements(database, this.#bookkeeping, this.#deliveredIds);
    this.#deadLetters = new DeadLetters(database, this.#bookkeeping, this.#deliveredIds);
    this.#partitions = new PartitionReports(database);
    this.#release = database.prepare(
      `UPDATE items SET due = ? WHERE seq IN (
         SELECT seq FROM items WHERE lease IS NULL AND partition = ? AND due > ? ORDER BY due LIMIT ?)`,
    );
    // What is ready is the rest, since it can be very much: only the others are counted.
    this.#stats = database.prepare(
      `SELECT
         (SELECT stored FROM totals) AS stored,
         (SELECT count(*) FROM partitions CROSS JOIN items ON partition = key WHERE lease IS NULL AND due > ?) AS delayed,
         (SELECT count(*) FROM items WHERE lease IS NOT NULL) AS leased,
         (SELECT count(*) FROM dead) AS dead,
         (SELECT added FROM items ORDER BY seq LIMIT 1) AS oldest`,
    );
  }

  /**
   * Runs steps that belong together: when it returns, all that they changed is on the disk, or will be by `syncDueInMs`; if it
   * throws, nothing is.
   */
  transaction<T>(steps: () => T, urgency: Urgency = 'now'): T {
    return this.#syncs.run(urgency, (finish) => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = steps();
        this.#bookkeeping.save();
        finish();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        this.#bookkeeping.undo();
        this.#rollBack();
        throw error;
      } finally {
        this.#bounds.forget();
      }
    });
  }

  /** In how many milliseconds `sync` has to be called; undefined if all is on the disk. */
  get syncDueInMs(): number | undefined {
    return this.#syncs.dueInMs;
  }

  /** Has all that was committed on the disk when it returns. */
  sync(): void {
    if (this.#syncs.dueInMs !== undefined) this.transaction(() => undefined);
  }

  add(items: readonly QueueItem[]): readonly number[] | Failure {
    return this.#intake.add(items, this.#now());
  }

  claim(request: ClaimRequest): Claim {
    return this.#claims.claim(request, this.#now());
  }

  settle(settlement: Settlement): boolean {
    return this.#settlements.settle(settlement, this.#now());
  }

  settleAll(settlements: readonly Settlement[]): readonly number[] {
    return settlements.flatMap((settlement, place) => (this.settle(settlement) ? [] : [place]));
  }

  renew({ held, until }: { readonly held: readonly Held[]; readonly until: number }): null {
    this.#claims.renew(held, until);
    return null;
  }

  handBack(held: readonly Held[]): number {
    return this.#claims.handBack(held);
  }

  release({
    partition,
    now,
    limit,
  }: {
    readonly partition: string;
    readonly now: number;
    readonly limit: number;
  }): number {
    const known = this.#bookkeeping.find(partition);
    return known === undefined ? 0 : Number(this.#release.run(now, known.key, now, limit).changes);
  }

  replay(ids: readonly string[]): number {
    return this.#deadLetters.replay(ids, this.#now());
  }

  discard(ids: readonly string[]): number {
    return this.#deadLetters.discard(ids, this.#now());
  }

  stats(): QueueStats {
    const now = this.#now();
    const { stored, delayed, leased, dead, oldest } = this.#stats.get(now) as StatsRow;
    const oldestAgeMs = oldest === null ? undefined : Math.max(0, now - oldest);
    return { ready: stored - delayed - leased - dead, delayed, leased, dead, oldestAgeMs };
  }

  partitions(): readonly PartitionStats[] {
    return this.#partitions.list(this.#now());
  }

  dead(request: DeadPageRequest): DeadPage {
    const page = this.#deadLetters.page(request);
    this.#bookkeeping.forget();
    return page;
  }

  placeOfDead(id: string): number | null {
    return this.#deadLetters.placeOf(id);
  }

  dataVersion(): number {
    return Number(readPragma(this.#database, 'data_version'));
  }

  /** Does a little of what can wait; true if there is more of it. */
  tidy(): boolean {
    const moreIds = this.transaction(() => this.#deliveredIds.forgetExpired(this.#now()));
    const free = Number(readPragma(this.#database, 'freelist_count'));
    if (free <= KEPT_FREE_PAGES) return moreIds;
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.min(VACUUM_STEP_PAGES, free - KEPT_FREE_PAGES)})`);
    return true;
  }

  /** Lets go of the file. */
  close(): void {
    this.#database.close();
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself, as it may when the disk is full.
    }
  }
}
