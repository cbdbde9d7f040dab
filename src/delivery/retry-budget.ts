// Counted in fifths of a retry: sums of 0.2 drift, and five deliveries have to be worth a retry.
const FIFTHS = 5;
const CAPACITY = 100 * FIFTHS;

/**
 * How many retries a region is still worth: in an outage they run out, so that retrying does not multiply the traffic.
 *
 * Starts full at 100; a retry takes 1, a delivery gives 0.2 back.
 */
export class RetryBudget {
  #left = CAPACITY;

  /** Retries that are left, fractions included. */
  get left(): number {
    return this.#left / FIFTHS;
  }

  /** Takes one retry out; false if there is none. */
  take(): boolean {
    if (this.#left < FIFTHS) return false;
    this.#left -= FIFTHS;
    return true;
  }

  /** Notes a delivery. */
  giveBack(): void {
    this.#left = Math.min(CAPACITY, this.#left + 1);
  }
}
