import type { ErrorCode } from '../errors.js';
import type { Counters } from './counters.js';
import type { Notice } from './notice.js';

/** Keeps a client's totals and passes notices on; a listener that throws costs no event. */
export class Observer {
  accepted = 0;
  delivered = 0;
  unconfirmed = 0;
  maybeDuplicate = 0;
  failed = 0;
  attempts = 0;
  retries = 0;
  inFlight = 0;
  refused = 0;
  readonly #failedByCode: Partial<Record<ErrorCode, number>> = {};

  constructor(private readonly onNotice: ((notice: Notice) => void) | undefined) {}

  /** Whether anybody listens; if not, notices need not be made. */
  get listening(): boolean {
    return this.onNotice !== undefined;
  }

  /** Tells the listener; that it threw or rejected is reported as a process warning, once per client. */
  notify(notice: Notice): void {
    try {
      const result: unknown = this.onNotice?.(notice);
      // An async function passes for a listener; its rejection must not end the process.
      if (result !== undefined) Promise.resolve(result).catch(() => this.#warnOnce());
    } catch {
      this.#warnOnce();
    }
  }

  /** Counts an accepted event that ended without delivery. */
  countFailure(code: ErrorCode): void {
    this.failed += 1;
    this.#failedByCode[code] = (this.#failedByCode[code] ?? 0) + 1;
  }

  /** The totals as of now. */
  snapshot(projectsOnHold = 0): Counters {
    const { accepted, delivered, unconfirmed, maybeDuplicate, failed, attempts, retries, inFlight, refused } = this;
    const pending = accepted - delivered - failed;
    const failedByCode = { ...this.#failedByCode };
    return {
      accepted,
      delivered,
      unconfirmed,
      maybeDuplicate,
      failed,
      failedByCode,
      pending,
      attempts,
      retries,
      inFlight,
      refused,
      projectsOnHold,
    };
  }

  #warned = false;

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    // Not the error itself: it is foreign and may hold anything.
    process.emitWarning(
      'onNotice threw; the events are not affected, but notices may be lost',
      'ClevertapAttributionWarning',
    );
  }
}
