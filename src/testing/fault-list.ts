import type { RegionCode } from '../contract/regions.js';
import { validate } from '../contract/validate.js';
import { ActiveFault, type FaultFacts } from './active-fault.js';
import type { Fault, LatencyFault } from './fault.js';
import { faultSchema } from './fault-schema.js';
import type { ParallelRequests } from './parallel-requests.js';
import { seededRandom } from './seeded-random.js';

/** The faults of an emulator. The first one in order of adding that covers a request and strikes decides its answer. */
export interface Faults {
  /**
   * Adds a fault behind those that are there.
   *
   * @throws {ValidationError} naming everything that is wrong with it.
   */
  add(fault: Fault): FaultHandle;
  /** Removes all faults. */
  clear(): void;
}

/** A fault that was added. */
export interface FaultHandle {
  /** How often it has struck so far. */
  readonly struck: number;
  /** Ends it; nothing happens if it is over. */
  remove(): void;
}

/** What the faults make of a request: a wait, and what decides its answer, if any does. */
export interface FaultVerdict {
  readonly delayMs: number;
  readonly fault: Exclude<Fault, LatencyFault> | undefined;
  /** To be called when the request is over; not there if none of them counts it. */
  readonly onOver: (() => void) | undefined;
}

/** What the faults make of a new connection: whether to reset it, and which faults had their chance at it. */
export interface ConnectionVerdict {
  readonly reset: boolean;
  readonly considered: ReadonlySet<ActiveFault>;
}

const NO_FAULT: FaultVerdict = Object.freeze({ delayMs: 0, fault: undefined, onOver: undefined });
const NO_RESET: ConnectionVerdict = Object.freeze({ reset: false, considered: new Set<ActiveFault>() });

/** The faults of an emulator, as the endpoint asks them. */
export class FaultList implements Faults {
  readonly #seed: number;
  readonly #now: () => number;
  // Replaced rather than changed, so that it can be gone through while a fault is removed.
  #active: readonly ActiveFault[] = [];
  #added = 0;

  constructor(seed: number, now: () => number) {
    this.#seed = seed;
    this.#now = now;
  }

  add(fault: Fault): FaultHandle {
    const checked = Object.freeze(validate(faultSchema, fault, 'fault'));
    // A sequence of its own: another fault beside it does not change when this one strikes.
    const active = new ActiveFault(checked, this.#now(), seededRandom(this.#seed + this.#added * 0x9e3779b9));
    this.#added += 1;
    this.#active = [...this.#active, active];
    return {
      get struck() {
        return active.struck;
      },
      remove: () => {
        this.#active = this.#active.filter((other) => other !== active);
      },
    };
  }

  /** Removes all faults and starts the random numbers again. */
  clear(): void {
    this.#active = [];
    this.#added = 0;
  }

  /** Asks the faults about a request; those that had their chance when its connection was accepted are left out. */
  strike(facts: FaultFacts, considered: ReadonlySet<ActiveFault> = NO_RESET.considered): FaultVerdict {
    if (this.#active.length === 0) return NO_FAULT;
    const nowMs = this.#now();
    const countedBy: ParallelRequests[] = [];
    const onOver = () => {
      for (const parallel of countedBy) parallel.end(facts.projectId);
    };
    const verdict = (delayMs: number, fault: FaultVerdict['fault']) =>
      this.#sweep(nowMs, { delayMs, fault, onOver: countedBy.length > 0 ? onOver : undefined });
    let delayMs = 0;
    for (const active of this.#active) {
      if (considered.has(active) || !active.covers(facts)) continue;
      const { fault, parallel } = active;
      if (parallel?.isFull(facts.projectId) === false || !active.strikes(nowMs)) {
        if (parallel === undefined) continue;
        parallel.begin(facts.projectId);
        countedBy.push(parallel);
      } else if (fault.kind === 'latency') delayMs += fault.ms;
      else return verdict(delayMs, fault);
    }
    return verdict(delayMs, undefined);
  }

  /**
   * Asks the faults whether to reset a connection as it is accepted, before anything is known but its region. Stops at
   * the first fault that needs to know more, since that one comes first.
   */
  strikeConnection(region: RegionCode | undefined): ConnectionVerdict {
    if (this.#active.length === 0) return NO_RESET;
    const nowMs = this.#now();
    const considered = new Set<ActiveFault>();
    for (const active of this.#active) {
      const { fault } = active;
      if (active.isOver(nowMs) || (fault.region !== undefined && fault.region !== region)) continue;
      if (fault.kind !== 'reset_before' || fault.projectId !== undefined || fault.eventType !== undefined) break;
      considered.add(active);
      if (active.strikes(nowMs)) return this.#sweep(nowMs, { reset: true, considered });
    }
    return considered.size === 0 ? NO_RESET : { reset: false, considered };
  }

  #sweep<Verdict>(nowMs: number, verdict: Verdict): Verdict {
    if (this.#active.some((active) => active.isOver(nowMs))) {
      this.#active = this.#active.filter((active) => !active.isOver(nowMs));
    }
    return verdict;
  }
}
