const CAPACITY = 100;
const RETRY_COST = 1;
const DELIVERY_GAIN = 0.2;

/**
 * How many retries a region is still worth: in an outage they run out, so that retrying does not multiply the traffic.
 *
 * Starts full at 100; a retry takes 1, a delivery gives 0.2 back.
 */
export class RetryBudget {
  #left = CAPACITY;

  /** Retries that are left, fractions included. */
  get left(): number {
    return this.#left;
  }

  /** Takes one retry out; false if there is none. */
  take(): boolean {
    if (this.#left < RETRY_COST) return false;
    this.#left -= RETRY_COST;
    return true;
  }

  /** Notes a delivery. */
  giveBack(): void {
    this.#left = Math.min(CAPACITY, this.#left + DELIVERY_GAIN);
  }
}
