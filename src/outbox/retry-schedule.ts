/** When an event is delivered again that failed for a reason that passes. */
export interface RetrySchedule {
  /** Upper end of the first delay, in milliseconds. */
  readonly initialDelayMs: number;
  /** Highest upper end of a delay, in milliseconds. */
  readonly maxDelayMs: number;
}

/**
 * The delay before the next delivery, with full jitter: anything up to as long again as the event has been failing. So the
 * delays grow with an outage whatever number of deliveries fitted into it.
 *
 * @param failingMs how long it has been failing.
 * @param floorMs what the server asked to wait.
 */
export function retryDelayMs(schedule: RetrySchedule, failingMs: number, floorMs: number, random: number): number {
  const upperEndMs = Math.min(schedule.maxDelayMs, Math.max(schedule.initialDelayMs, failingMs));
  return Math.max(floorMs, Math.ceil(random * upperEndMs));
}
