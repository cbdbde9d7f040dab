import { describeFailure, type AttemptFailure } from './failure.js';
import type { GatePlace } from './gate-place.js';
import type { RetryLoop } from './retry-loop.js';

/**
 * What is kept of an event that was not delivered at once: what went wrong, and how it goes on. Most events have none, so
 * that those which wait in great number have no room for it.
 */
export class Setbacks {
  /** Whether CleverTap may have recorded the event in an attempt that failed. */
  maybeRecorded = false;
  lastFailure: AttemptFailure | undefined = undefined;
  /** Attempts that were spent on probing for the region, not on the event. */
  probes = 0;
  /** What is left of `deadlineMs` while its time stands still, in milliseconds. */
  timeLeftMs: number | undefined = undefined;
  gatePlace: GatePlace | undefined = undefined;
  loop: RetryLoop | undefined = undefined;
  /** Why there was no further attempt, where that is not for the failure itself to say. */
  stopped: string | undefined = undefined;

  /** Takes down a failed attempt. */
  note(failure: AttemptFailure): void {
    this.maybeRecorded ||= failure.maybeRecorded;
    this.lastFailure = failure;
  }

  /** The last failure for a message that is about something else; empty if there was none. */
  describeLast(host: string): string {
    return this.lastFailure === undefined ? '' : `; before, ${describeFailure(this.lastFailure, host)}`;
  }
}
