/** Settings of the exponential back-off. */
export interface BackOff {
  /** Upper end of the first delay, in milliseconds. */
  readonly initialDelayMs: number;
  /** Highest upper end of a delay, in milliseconds. */
  readonly maxDelayMs: number;
  /** What the upper end is multiplied by from one delay to the next. */
  readonly factor: number;
}

/**
 * The delay before retry number `retry` (1 for the first) with full jitter: anything from nothing to the upper end, so that
 * clients that failed together do not come back together. The upper end is capped, the jitter is not.
 */
export function backOffDelayMs(retry: number, { initialDelayMs, maxDelayMs, factor }: BackOff, random: number): number {
  // Kept finite, since nothing times infinity is no number.
  const growth = Math.min(factor ** (retry - 1), Number.MAX_VALUE);
  return random * Math.min(maxDelayMs, initialDelayMs * growth);
}
