import type { RegionCode } from '../contract/regions.js';
import type { Fault } from './fault.js';
import { ParallelRequests } from './parallel-requests.js';
import type { Random } from './seeded-random.js';

/** What faults choose by. */
export interface FaultFacts {
  readonly region: RegionCode | undefined;
  readonly projectId: string | undefined;
  readonly eventType: string | undefined;
}

/** A fault that was added, with what is left of it. */
export class ActiveFault {
  readonly fault: Fault;
  /** The requests that a `parallel_limit` let in. */
  readonly parallel: ParallelRequests | undefined;
  readonly #random: Random;
  readonly #until: number;
  #left: number;
  #struck = 0;

  constructor(fault: Fault, nowMs: number, random: Random) {
    this.fault = fault;
    this.parallel = fault.kind === 'parallel_limit' ? new ParallelRequests(fault.most) : undefined;
    this.#random = random;
    this.#left = fault.times ?? Infinity;
    this.#until = fault.forMs === undefined ? Infinity : nowMs + fault.forMs;
  }

  /** How often it has struck. */
  get struck(): number {
    return this.#struck;
  }

  /** Whether it can never strike again. */
  isOver(nowMs: number): boolean {
    return this.#left === 0 || nowMs >= this.#until;
  }

  /** Whether a request is in its scope. */
  covers(facts: FaultFacts): boolean {
    const { region, projectId, eventType } = this.fault;
    return (
      (region === undefined || region === facts.region) &&
      (projectId === undefined || projectId === facts.projectId) &&
      (eventType === undefined || eventType === facts.eventType)
    );
  }

  /** Whether it strikes a request in its scope; each call is one request. */
  strikes(nowMs: number): boolean {
    if (this.isOver(nowMs)) return false;
    const { probability } = this.fault;
    if (probability !== undefined && this.#random() >= probability) return false;
    this.#left -= 1;
    this.#struck += 1;
    return true;
  }
}
