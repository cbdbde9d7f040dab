import { LinkedList, ListNode } from './linked-list.js';
import { LONGEST_TIMER_MS } from './wait.js';

/** Something that has to be over by a certain time. */
export abstract class Expiring extends ListNode {
  /** @internal On the clock of `performance.now()`. */
  expiresAt = Number.POSITIVE_INFINITY;

  /** Called once when the time is up; it is on no list of deadlines any more. */
  abstract onExpired(): void;
}

/** All that expires after the same time: what came first expires first, so one timer for the first serves all. */
class Cohort extends LinkedList<Expiring> {
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(readonly durationMs: number) {
    super();
  }

  get #armed(): boolean {
    return this.#timer !== undefined;
  }

  add(member: Expiring, now: number): void {
    member.expiresAt = now + this.durationMs;
    this.push(member);
    if (!this.#armed) this.#arm(now);
  }

  #arm(now: number): void {
    const { first } = this;
    if (first === undefined || first.expiresAt === Number.POSITIVE_INFINITY) return;
    const inMs = Math.min(Math.max(Math.ceil(first.expiresAt - now), 1), LONGEST_TIMER_MS);
    // Whoever waits for an answer has a socket that keeps the process alive; the timer need not.
    this.#timer = setTimeout(this.#onTimer, inMs).unref();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (let next = this.first; next !== undefined && next.expiresAt <= now; next = this.first) {
      this.remove(next);
      next.onExpired();
    }
    // An expired one may have brought in a new member, which armed the timer.
    if (!this.#armed) this.#arm(performance.now());
  };

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

// Distinct durations are few (the options' own); callers who pass a new one with each call leave no trace of them.
const COHORTS_KEPT = 8;

/** Deadlines of any number of things with one timer for each distinct duration, instead of one for each thing. */
export class Deadlines<Member extends Expiring> {
  readonly #cohorts = new Map<number, Cohort>();
  #latest: Cohort | undefined = undefined;
  #dropEmptyAt = COHORTS_KEPT;

  /** Things whose time runs. */
  get size(): number {
    let size = 0;
    for (const cohort of this.#cohorts.values()) size += cohort.size;
    return size;
  }

  /** Starts the time of a thing that is on no list; with `Infinity` it never expires. */
  add(member: Member, durationMs: number, now: number): void {
    if (this.#latest?.durationMs !== durationMs) this.#latest = this.#cohort(durationMs);
    this.#latest.add(member, now);
  }

  /** Stops the time of a thing; false if it does not run. */
  remove(member: Member): boolean {
    const { list } = member;
    return list instanceof Cohort && list.remove(member);
  }

  /** Everything whose time runs. */
  *[Symbol.iterator](): Generator<Member, void> {
    for (const cohort of this.#cohorts.values()) yield* cohort as Iterable<Expiring> as Iterable<Member>;
  }

  #cohort(durationMs: number): Cohort {
    const existing = this.#cohorts.get(durationMs);
    if (existing !== undefined) return existing;
    if (this.#cohorts.size >= this.#dropEmptyAt) this.#dropEmpty();
    const cohort = new Cohort(durationMs);
    this.#cohorts.set(durationMs, cohort);
    return cohort;
  }

  #dropEmpty(): void {
    for (const [durationMs, cohort] of this.#cohorts) {
      if (cohort.size > 0) continue;
      cohort.stop();
      this.#cohorts.delete(durationMs);
    }
    // Not again before they have doubled, so that adding costs the same however many are in use.
    this.#dropEmptyAt = Math.max(COHORTS_KEPT, 2 * this.#cohorts.size);
  }
}
