import type { RegionState, TelemetrySource } from '../observe/telemetry.js';

const TOTALS = ['accepted', 'delivered', 'unconfirmed', 'maybeDuplicate', 'attempts', 'retries', 'refused'] as const;

/** A total that only grows. */
export type TotalName = (typeof TOTALS)[number];

/** Figures of all clients together. */
export interface Figures {
  readonly totals: Readonly<Record<TotalName, number>>;
  readonly failedByCode: ReadonlyMap<string, number>;
  readonly inFlight: number;
  readonly waiting: number;
  readonly projectsOnHold: number;
  /** By code: in trouble if it is for any of the clients, and with the smallest budget of all. */
  readonly regions: readonly RegionState[];
}

/**
 * Adds up the figures of the clients that share one telemetry. What a closed client counted stays in the totals, which must
 * never fall.
 */
export class ClientFigures {
  readonly #open = new Set<TelemetrySource>();
  readonly #closed = { totals: noTotals(), failedByCode: new Map<string, number>() };

  /** Counts a client in, until the function that comes back is called. */
  add(source: TelemetrySource): () => void {
    this.#open.add(source);
    return () => {
      if (this.#open.delete(source)) addTotals(this.#closed, source);
    };
  }

  /** The figures as of now. */
  read(): Figures {
    const { totals, failedByCode } = this.#closed;
    const sum = { totals: { ...totals }, failedByCode: new Map(failedByCode) };
    const regions = new Map<string, RegionState>();
    let inFlight = 0;
    let waiting = 0;
    let projectsOnHold = 0;
    for (const source of this.#open) {
      addTotals(sum, source);
      const now = source.counters();
      inFlight += now.inFlight;
      waiting += now.pending - now.inFlight;
      projectsOnHold += now.projectsOnHold;
      for (const state of source.regions()) regions.set(state.region, worse(regions.get(state.region), state));
    }
    return { ...sum, inFlight, waiting, projectsOnHold, regions: [...regions.values()] };
  }
}

interface Sum {
  readonly totals: Record<TotalName, number>;
  readonly failedByCode: Map<string, number>;
}

function noTotals(): Record<TotalName, number> {
  return { accepted: 0, delivered: 0, unconfirmed: 0, maybeDuplicate: 0, attempts: 0, retries: 0, refused: 0 };
}

function addTotals({ totals, failedByCode }: Sum, source: TelemetrySource): void {
  const counters = source.counters();
  for (const name of TOTALS) totals[name] += counters[name];
  for (const [code, count] of Object.entries(counters.failedByCode)) {
    failedByCode.set(code, (failedByCode.get(code) ?? 0) + count);
  }
}

function worse(one: RegionState | undefined, other: RegionState): RegionState {
  if (one === undefined) return other;
  return {
    ...other,
    outageSince: one.outageSince ?? other.outageSince,
    retryBudget: Math.min(one.retryBudget, other.retryBudget),
    suspended: one.suspended || other.suspended,
  };
}
