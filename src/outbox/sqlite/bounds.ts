import type { QueueItem } from '../queue.js';
import type { Bookkeeping, PartitionCount } from './bookkeeping.js';
import { readPragma, type Database } from './database.js';
import type { DeliveredIds } from './delivered-ids.js';
import type { Failure } from './failure.js';

/** How much may be stored. */
export interface BoundOptions {
  readonly maxEvents: number;
  readonly maxBytes: number;
  /** Of both, for one partition: 0 to 1. */
  readonly maxShare: number;
}

/** What a row takes beside its id and its payload, with its entries in three indexes: measured, rounded up. */
const ROW_OVERHEAD_BYTES = 100;

/** An item and what it counts for. */
export interface SizedItem {
  readonly item: QueueItem;
  readonly bytes: number;
}

/** What an item counts for; SQL that counts it out again must come to the same. */
export function sized(item: QueueItem): SizedItem {
  return { item, bytes: Buffer.byteLength(item.payload) + Buffer.byteLength(item.id) + ROW_OVERHEAD_BYTES };
}

/** The same in SQL. */
export const SIZE_IN_SQL = `octet_length(payload) + octet_length(id) + ${ROW_OVERHEAD_BYTES}`;

/**
 * Pages that the file may have. More than `maxBytes`, so that a queue which refuses new events can still settle those that it
 * holds: to lease, to defer and to bury them moves entries about in the indexes, which can take pages before it frees some.
 */
export function maxPages({ maxBytes }: BoundOptions, pageSize: number): number {
  return Math.ceil((maxBytes * 1.125) / pageSize) + 256;
}

/** Says whether there is room for more. */
export class Bounds {
  readonly #options: BoundOptions;
  readonly #database: Database;
  readonly #pageSize: number;
  readonly #bookkeeping: Bookkeeping;
  readonly #deliveredIds: DeliveredIds;
  /** As of the start of the transaction, and what was added in it since. */
  #usedBytes: number | undefined;

  constructor(database: Database, bookkeeping: Bookkeeping, deliveredIds: DeliveredIds, options: BoundOptions) {
    this.#options = options;
    this.#database = database;
    this.#bookkeeping = bookkeeping;
    this.#deliveredIds = deliveredIds;
    this.#pageSize = Number(readPragma(database, 'page_size'));
  }

  /** Why items cannot be added; undefined if they can. */
  refusal(items: readonly SizedItem[]): Failure | undefined {
    const { maxEvents, maxBytes } = this.#options;
    if (this.#bookkeeping.stored + items.length > maxEvents) {
      return refuse(`it holds ${this.#bookkeeping.stored} of at most ${maxEvents} events (maxEvents)`);
    }
    const shares = sharesOf(items);
    if (!this.#hasRoomFor(shares.reduce((sum, { bytes }) => sum + bytes, 0))) {
      return refuse(`its file has ${this.#used} of at most ${maxBytes} bytes in use (maxBytes)`);
    }
    for (const share of shares) {
      const refused = this.#refusalOf(share);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  /** Tells of bytes that were added within the transaction. */
  added(bytes: number): void {
    if (this.#usedBytes !== undefined) this.#usedBytes += bytes;
  }

  /** Forgets what was read: after the transaction, other processes add as well. */
  forget(): void {
    this.#usedBytes = undefined;
  }

  #refusalOf(adding: Share): Failure | undefined {
    const { maxEvents, maxBytes, maxShare } = this.#options;
    const events = Math.max(1, Math.floor(maxEvents * maxShare));
    const bytes = Math.floor(maxBytes * maxShare);
    const held = this.#bookkeeping.find(adding.name) ?? NOTHING;
    if (held.stored + adding.stored > events) {
      return refuseShare(adding, `${held.stored} of at most ${events} events`, maxShare);
    }
    if (held.bytes + adding.bytes > bytes) {
      return refuseShare(adding, `${held.bytes} of at most ${bytes} bytes`, maxShare);
    }
    return undefined;
  }

  get #used(): number {
    return (this.#usedBytes ??=
      (Number(readPragma(this.#database, 'page_count')) - Number(readPragma(this.#database, 'freelist_count'))) *
      this.#pageSize);
  }

  /** Ids of delivered events have to make room: to accept events matters more than to know again what came twice. */
  #hasRoomFor(bytes: number): boolean {
    const { maxBytes } = this.#options;
    while (this.#used + bytes > maxBytes) {
      if (!this.#deliveredIds.forgetOldest()) return false;
      this.#usedBytes = undefined;
    }
    return true;
  }
}

/** What is to be added to one partition. */
type Share = Pick<PartitionCount, 'name' | 'stored' | 'bytes'>;

const NOTHING = { stored: 0, bytes: 0 };

function sharesOf(items: readonly SizedItem[]): Share[] {
  const shares = new Map<string, Share>();
  for (const { item, bytes } of items) {
    const share = shares.get(item.partition);
    if (share === undefined) shares.set(item.partition, { name: item.partition, stored: 1, bytes });
    else {
      share.stored += 1;
      share.bytes += bytes;
    }
  }
  return [...shares.values()];
}

function refuse(state: string): Failure {
  const advice = 'Let it deliver, see to its dead letters, or raise the bound.';
  return { kind: 'overflow', message: `the outbox is full: ${state}. ${advice}` };
}

function refuseShare({ name }: Share, state: string, maxShare: number): Failure {
  const advice =
    'See why its events are not delivered, replay or discard its dead letters, or raise the bound; with one project alone, set maxShare to 1.';
  return {
    kind: 'overflow',
    message: `the project's share of the outbox is full: it holds ${state} (maxShare ${maxShare}). ${advice}`,
    projectId: name,
  };
}
