/** Rounds without a refusal before the limit is raised to where it was refused; doubles each time that was too early. */
const FIRST_PATIENCE = 8;
const LONGEST_PATIENCE = 64;

/**
 * How many requests of one project may be in flight, learnt from the server's 429s.
 *
 * A refusal halves it, but for one that follows a step up, which takes that step back. It rises by one whenever as many
 * requests as it allows have got through while it was used to the full; the step to where the server refused last is
 * taken after many such rounds only, and after the more the more often that failed. So it settles just below what the
 * server bears, and seldom asks for more.
 */
export class AdaptiveLimit {
  #limit: number;
  /** The lowest limit that is known to be too high. */
  #ceiling = Number.POSITIVE_INFINITY;
  #patience = FIRST_PATIENCE;
  #throughSinceChange = 0;
  #roseLast = false;
  #fellAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly highest: number) {
    this.#limit = highest;
  }

  /** Requests that may be in flight now; at least 1. */
  get current(): number {
    return this.#limit;
  }

  /** Whether it is as high as it may be, with nothing that speaks against that. */
  get settled(): boolean {
    return this.#limit === this.highest && this.#ceiling === Number.POSITIVE_INFINITY;
  }

  /** Notes that a request got through while the limit was used to the full; true if that raised it. */
  succeeded(): boolean {
    this.#throughSinceChange += 1;
    if (this.#limit >= this.#ceiling && this.#throughSinceChange >= this.#limit) {
      this.#ceiling = Number.POSITIVE_INFINITY;
      this.#patience = FIRST_PATIENCE;
    }
    if (this.#limit === this.highest) return false;
    const rounds = this.#limit + 1 >= this.#ceiling ? this.#patience : 1;
    if (this.#throughSinceChange < rounds * this.#limit) return false;
    this.#change(this.#limit + 1, true);
    return true;
  }

  /**
   * Notes a 429: whether it lowered the limit, or could not since that is at its lowest; undefined if the request began
   * before it fell the last time, which says nothing new.
   *
   * @param startedAt when the request began, on the clock of `now`.
   */
  refused(startedAt: number, now: number): 'lowered' | 'lowest' | undefined {
    if (startedAt < this.#fellAt) return undefined;
    this.#fellAt = now;
    this.#ceiling = this.#limit;
    if (this.#roseLast) this.#patience = Math.min(LONGEST_PATIENCE, this.#patience * 2);
    const lower = this.#roseLast ? this.#limit - 1 : Math.floor(this.#limit / 2);
    const before = this.#limit;
    this.#change(Math.max(1, lower), false);
    return this.#limit < before ? 'lowered' : 'lowest';
  }

  #change(limit: number, rose: boolean): void {
    this.#limit = limit;
    this.#roseLast = rose;
    this.#throughSinceChange = 0;
  }
}
