/** A complete answer of the server, whatever it says. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** The `Retry-After` header as it came. */
  readonly retryAfter: string | undefined;
  /** The body as text, up to the bound of what is read. */
  readonly body: string;
}

/** No complete answer came. */
export interface NoAnswer {
  readonly kind: 'no_answer';
  readonly reason: 'network' | 'timeout';
  /** False if certainly nothing of the request was written. */
  readonly written: boolean;
  /** True if an established connection broke, which an idle one does when a proxy has dropped it. */
  readonly reset: boolean;
  /** What the transport said; may come from foreign code, so redact before showing. */
  readonly message: string;
  /** The transport's error code, such as `ECONNREFUSED`. */
  readonly code: string | undefined;
}

/** What came of one request on the wire. */
export type AttemptOutcome = Answer | NoAnswer;
