/**
 * Totals of a client since it was made. At any moment
 * `accepted = delivered + failed + pending`, where `failed` is the sum over `failedByCode`.
 */
export interface Counters {
  /** Events that passed validation and were taken on. */
  readonly accepted: number;
  /** Events that CleverTap took. */
  readonly delivered: number;
  /** Those of them that a 2xx without the word `success` answered. */
  readonly unconfirmed: number;
  /** Those of them that may be there twice. */
  readonly maybeDuplicate: number;
  /** Accepted events that ended without delivery. */
  readonly failed: number;
  /** The same by error code. */
  readonly failedByCode: Readonly<Record<string, number>>;
  /** Accepted events that have not ended. */
  readonly pending: number;
  /** Requests started. */
  readonly attempts: number;
  /** Those of them that were not an event's first. */
  readonly retries: number;
  /** Requests in flight now. */
  readonly inFlight: number;
  /** Events that were turned away before they were accepted: invalid, without credentials, beyond `maxPending`, aborted, or after `close`. */
  readonly refused: number;
  /** Projects on hold now, since their credentials were refused again and again. */
  readonly projectsOnHold: number;
}
