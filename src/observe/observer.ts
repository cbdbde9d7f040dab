import type { ErrorCode } from '../errors.js';
import type { Counters } from './counters.js';
import type { Notice } from './notice.js';
import { NoticeListener } from './notice-listener.js';

/** Keeps a client's totals and passes notices on. */
export class Observer extends NoticeListener<Notice> {
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

  /** Counts an accepted event that ended without delivery. */
  countFailure(code: ErrorCode): void {
    this.failed += 1;
    this.#failedByCode[code] = (this.#failedByCode[code] ?? 0) + 1;
  }

  /** Accepted events that ended with this code. */
  failedWith(code: ErrorCode): number {
    return this.#failedByCode[code] ?? 0;
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
}
