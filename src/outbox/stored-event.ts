import type { ParsedEvent, UtmPolicy } from '../contract/event.js';

/** Format of what is stored; a higher one was written by a later version of this library. */
const FORMAT = 1;

/** Writes a checked event for the queue. It is stamped already, so that it does not move in time while it is kept. */
export function writeStoredEvent(event: ParsedEvent<UtmPolicy>): string {
  return JSON.stringify({ v: FORMAT, event });
}

/** The event of a stored text, still to be checked; or why there is none. */
export function readStoredEvent(payload: string): { readonly event: unknown } | { readonly problem: string } {
  try {
    const stored = JSON.parse(payload) as { v?: unknown; event?: unknown } | null;
    if (stored?.v === FORMAT) return { event: stored.event };
    if (typeof stored?.v === 'number' && stored.v > FORMAT) {
      return { problem: 'it was stored by a later version of clevertap-attribution: upgrade, then replay it' };
    }
  } catch {
    // Not told from JSON of another form: either way there is no event.
  }
  return { problem: 'what is stored is no event' };
}
