import type { AnyAttributionError } from '../errors.js';
import type { RetrySchedule } from './retry-schedule.js';

/** When an engine that is away is tried again: the first delay, doubled up to the longest. */
const TRY_AGAIN: RetrySchedule = { initialDelayMs: 500, maxDelayMs: 10_000 };

/**
 * Whether an engine can be reached, as those find who use it. While it is away, one call at a time tries it, at growing
 * intervals; the others need not wait for what that one finds.
 */
export class EngineReach {
  readonly #schedule: RetrySchedule;
  readonly #random: () => number;
  #trouble: AnyAttributionError | undefined;
  #failures = 0;
  #tryAt = 0;
  #trying = false;
  #timer: NodeJS.Timeout | undefined;
  #onChange: (() => void)[] = [];

  constructor(schedule: RetrySchedule = TRY_AGAIN, random: () => number = Math.random) {
    this.#schedule = schedule;
    this.#random = random;
  }

  /** Why it is away; undefined while it can be reached. */
  get trouble(): AnyAttributionError | undefined {
    return this.#trouble;
  }

  /** Whether the engine may be used now; then `reached` or `failed` must follow. While it is away, that is one try now and then. */
  mayTry(): boolean {
    if (this.#trouble === undefined) return true;
    if (this.#trying || performance.now() < this.#tryAt) return false;
    this.#trying = true;
    return true;
  }

  /** Resolves with the next change: it was reached, a try is due, or `wake` was called. */
  change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  /** It answered. */
  reached(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#failures = 0;
    this.#trying = false;
    clearTimeout(this.#timer);
    this.wake();
  }

  /** It could not be reached. Those that were under way when it went away say nothing new. */
  failed(error: AnyAttributionError): void {
    const isNew = this.#trouble === undefined || this.#trying;
    this.#trouble = error;
    this.#trying = false;
    if (!isNew) return;
    const upperEndMs = Math.min(this.#schedule.maxDelayMs, this.#schedule.initialDelayMs * 2 ** this.#failures);
    // At least half of it, since a try costs whoever makes it as long as the engine's time-out.
    const delayMs = upperEndMs * (0.5 + this.#random() / 2);
    this.#failures = Math.min(this.#failures + 1, 30);
    this.#tryAt = performance.now() + delayMs;
    clearTimeout(this.#timer);
    // Rounded up, so that the try is due when it fires.
    this.#timer = setTimeout(() => this.wake(), Math.ceil(delayMs) + 1);
    this.#timer.unref();
  }

  /** Has all that wait for a change look again. */
  wake(): void {
    for (const resolve of this.#onChange.splice(0)) resolve();
  }
}
