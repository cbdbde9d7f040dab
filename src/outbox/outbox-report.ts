/** Totals of an outbox since it was made, in this process. */
export interface OutboxCounters {
  /** Events that were stored. */
  readonly added: number;
  /** Events that had been stored before. */
  readonly duplicates: number;
  /** Events that were delivered. */
  readonly delivered: number;
  /** Those of them that may be there twice. */
  readonly maybeDuplicate: number;
  /** Deliveries that failed and will be tried again. */
  readonly rescheduled: number;
  /** Events that became dead letters. */
  readonly dead: number;
  /** Events that are out for delivery now. */
  readonly out: number;
  /** Projects on hold now. */
  readonly projectsOnHold: number;
}

/** What `close()` of an outbox reports of the time between its call and its end. */
export interface OutboxCloseReport {
  /** Events that were still delivered. */
  readonly delivered: number;
  /** Events that were out and are stored again, due at once. */
  readonly handedBack: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}
