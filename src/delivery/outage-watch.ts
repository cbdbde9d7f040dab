const OUTAGE_AFTER_MS = 10 * 60 * 1000;

/** What an answer changed: an outage was established, or one ended. */
export type OutageChange = { readonly kind: 'began' | 'ended'; readonly sinceMs: number };

/**
 * Watches one region for the case in which the document says to write to CleverTap: 5xx for more than 10 minutes.
 *
 * Any other answer breaks the row; silence (time-outs, broken connections) neither breaks nor makes it.
 */
export class OutageWatch {
  #failingSinceMs: number | undefined = undefined;
  #announced = false;

  /** Since when (epoch milliseconds) the region has been in an outage; undefined if it is not. */
  get outageSinceMs(): number | undefined {
    return this.#announced ? this.#failingSinceMs : undefined;
  }

  /** Notes the status of an answer and says if that changed anything. */
  note(status: number, nowMs: number): OutageChange | undefined {
    if (status >= 500 && status <= 599) {
      this.#failingSinceMs ??= nowMs;
      if (this.#announced || nowMs - this.#failingSinceMs <= OUTAGE_AFTER_MS) return undefined;
      this.#announced = true;
      return { kind: 'began', sinceMs: this.#failingSinceMs };
    }
    const sinceMs = this.outageSinceMs;
    this.#failingSinceMs = undefined;
    this.#announced = false;
    return sinceMs === undefined ? undefined : { kind: 'ended', sinceMs };
  }
}
