import type { AttributionEvent } from 'clevertap-attribution';
import { sampleEvents } from './sample-events.js';

/** Different events before they come again. */
const DIFFERENT = 1_000;

/** Hands out events until it is stopped, and counts what became of them. */
export class Workload {
  delivered = 0;
  failed = 0;
  readonly #events = sampleEvents(DIFFERENT);
  #taken = 0;
  #stopped = false;

  constructor(
    /** Most events that it hands out. */
    private readonly most = Number.POSITIVE_INFINITY,
  ) {}

  /** The next event; undefined when there is none any more. */
  take(): AttributionEvent | undefined {
    if (this.#stopped || this.#taken >= this.most) return undefined;
    const event = this.#events[this.#taken % DIFFERENT];
    this.#taken += 1;
    return event;
  }

  /** Hands out nothing more. */
  stop(): void {
    this.#stopped = true;
  }
}
