import type { ReceivedRequest } from './received-request.js';

/** Totals since the start or the last `reset()`, exact however short the log is. */
export interface RequestCounts {
  /** All requests, and connections that were reset before they brought one. */
  readonly requests: number;
  /** Events on the books, those included whose answer a fault withheld. */
  readonly recorded: number;
  /** Requests that were answered with an error by the rules, not by a fault. */
  readonly refused: number;
  /** Requests whose answer a fault decided. */
  readonly faults: number;
  /** Requests by HTTP status that was sent. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests by region that was asked. */
  readonly byRegion: Readonly<Record<string, number>>;
  /** Requests by `event_type`. From 10,000 different ones on, new ones count as `(other)`. */
  readonly byEventType: Readonly<Record<string, number>>;
  /** Requests by `account_id`, whether known or not. From 10,000 different ones on, new ones count as `(other)`. */
  readonly byProject: Readonly<Record<string, number>>;
}

const MAX_KEYS = 10_000;

/** Counts requests. */
export class RequestTally {
  #requests = 0;
  #recorded = 0;
  #refused = 0;
  #faults = 0;
  readonly #byStatus = new Map<number, number>();
  readonly #byRegion = new Map<string, number>();
  readonly #byEventType = new Map<string, number>();
  readonly #byProject = new Map<string, number>();

  /** Counts a request. */
  add(entry: ReceivedRequest): void {
    this.#requests += 1;
    if (entry.recorded) this.#recorded += 1;
    if (entry.outcome === 'refused') this.#refused += 1;
    if (entry.outcome === 'fault') this.#faults += 1;
    if (entry.status !== undefined) this.#byStatus.set(entry.status, (this.#byStatus.get(entry.status) ?? 0) + 1);
    count(this.#byRegion, entry.region);
    count(this.#byEventType, entry.eventType);
    count(this.#byProject, entry.accountId);
  }

  /** The totals as they are now. */
  snapshot(): RequestCounts {
    return {
      requests: this.#requests,
      recorded: this.#recorded,
      refused: this.#refused,
      faults: this.#faults,
      byStatus: Object.fromEntries(this.#byStatus),
      byRegion: Object.fromEntries(this.#byRegion),
      byEventType: Object.fromEntries(this.#byEventType),
      byProject: Object.fromEntries(this.#byProject),
    };
  }

  /** Starts again at zero. */
  clear(): void {
    this.#requests = this.#recorded = this.#refused = this.#faults = 0;
    this.#byStatus.clear();
    this.#byRegion.clear();
    this.#byEventType.clear();
    this.#byProject.clear();
  }
}

function count(totals: Map<string, number>, key: string | undefined): void {
  if (key === undefined) return;
  const total = totals.get(key);
  if (total !== undefined) totals.set(key, total + 1);
  // Names come from clients, so that without a bound their number is the clients' to decide.
  else if (totals.size < MAX_KEYS) totals.set(key, 1);
  else totals.set('(other)', (totals.get('(other)') ?? 0) + 1);
}
