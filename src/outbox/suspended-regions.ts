import type { RegionCode } from '../contract/regions.js';

/** Most projects whose region is remembered; the one that came first goes first. */
const KEPT = 10_000;

/** Says whether a region's retry budget is used up. */
export interface SuspensionSource {
  isSuspended(region: RegionCode): boolean;
}

/**
 * Keeps the events of a region in trouble from taking all places of an outbox: one of them waits behind the region's gate
 * as its probe, the others stay in the queue.
 */
export class SuspendedRegions {
  readonly #out = new Map<RegionCode, number>();
  readonly #regions = new Map<string, RegionCode>();

  constructor(private readonly source: SuspensionSource) {}

  /** Whether an event of the project may go out now; if so, `leave` must follow. */
  enter(projectId: string, region: RegionCode): boolean {
    this.#remember(projectId, region);
    const out = this.#out.get(region) ?? 0;
    if (out > 0 && this.source.isSuspended(region)) return false;
    this.#out.set(region, out + 1);
    return true;
  }

  /** An event of the region is no longer out. */
  leave(region: RegionCode): void {
    this.#out.set(region, (this.#out.get(region) ?? 1) - 1);
  }

  /** Adds, for each project of a region in trouble that has its probe, that none of its events may go out. */
  addLimits(limits: Map<string, number>): void {
    const blocked = new Set(
      [...this.#out].filter(([region, out]) => out > 0 && this.source.isSuspended(region)).map(first),
    );
    if (blocked.size === 0) return;
    for (const [projectId, region] of this.#regions) if (blocked.has(region)) limits.set(projectId, 0);
  }

  #remember(projectId: string, region: RegionCode): void {
    if (this.#regions.get(projectId) === region) return;
    this.#regions.set(projectId, region);
    if (this.#regions.size <= KEPT) return;
    for (const oldest of this.#regions.keys()) {
      this.#regions.delete(oldest);
      return;
    }
  }
}

function first<First>([value]: readonly [First, ...unknown[]]): First {
  return value;
}
