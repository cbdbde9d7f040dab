const BUCKETS = 60;
const BUCKET_MS = 60_000;

/** Requests of the last hour in one region. */
export interface DeliveredShareReport {
  /** Requests that count: delivered, or failed for want of the service (5xx, 408, 425, time-out, broken connection). */
  readonly requests: number;
  /** Those of them that were delivered. */
  readonly delivered: number;
  /** `delivered / requests`, to hold against CleverTap's SLA of 0.995; undefined while there were no requests. */
  readonly share: number | undefined;
}

/**
 * The share of delivered requests over a sliding hour, minute by minute.
 *
 * Requests that were answered with a refusal (400, 401, 429 …) say nothing about availability and do not count.
 */
export class DeliveredShare {
  readonly #requests = new Float64Array(BUCKETS);
  readonly #delivered = new Float64Array(BUCKETS);
  #minute = 0;

  /** Notes a request that counts. */
  note(delivered: boolean, nowMs: number): void {
    const bucket = this.#advance(nowMs);
    this.#requests[bucket] = (this.#requests[bucket] ?? 0) + 1;
    if (delivered) this.#delivered[bucket] = (this.#delivered[bucket] ?? 0) + 1;
  }

  /** The figures of the hour up to now. */
  report(nowMs: number): DeliveredShareReport {
    this.#advance(nowMs);
    const requests = this.#requests.reduce((sum, count) => sum + count, 0);
    const delivered = this.#delivered.reduce((sum, count) => sum + count, 0);
    return { requests, delivered, share: requests === 0 ? undefined : delivered / requests };
  }

  /** Empties the buckets of the minutes that have passed and gives the current one's index. */
  #advance(nowMs: number): number {
    const minute = Math.floor(nowMs / BUCKET_MS);
    if (minute > this.#minute) {
      const passed = Math.min(minute - this.#minute, BUCKETS);
      for (let step = 1; step <= passed; step += 1) {
        const bucket = (minute - passed + step) % BUCKETS;
        this.#requests[bucket] = 0;
        this.#delivered[bucket] = 0;
      }
      this.#minute = minute;
    }
    return this.#minute % BUCKETS;
  }
}
