import type { Endpoint } from '../contract/endpoint.js';
import type { AttemptOutcome } from './outcome.js';
import type { CallerContext } from './untraced.js';

/** Who wants to know what came of a request. */
export interface OutcomeListener {
  /** Called exactly once for each request that was not cancelled; possibly from within `Transport.start`. */
  onOutcome(outcome: AttemptOutcome): void;
  /** Where it is to be called, if not where the answer came in. */
  readonly caller?: CallerContext | undefined;
}

/** A request under way. */
export interface Exchange {
  /**
   * Gives the request up: nothing more is written or read, and the listener is not called.
   *
   * @returns false if certainly nothing of the request was written.
   */
  cancel(): boolean;
}

/** What came of warming. */
export interface WarmUp {
  /** Connections that were established. */
  readonly connections: number;
  /** Why one was not, if so. */
  readonly error: Error | undefined;
}

/** Carries single requests to CleverTap and says what came of each; knows nothing of retries. */
export interface Transport {
  /** Starts one request. `path` holds the credentials; the transport shows it to nobody. */
  start(endpoint: Endpoint, path: string, timeoutMs: number, listener: OutcomeListener): Exchange;
  /** Establishes up to so many connections ahead of their requests, each within `timeoutMs`. */
  warmUp(endpoint: Endpoint, connections: number, timeoutMs: number): Promise<WarmUp>;
  /** Starts nothing more of what still waits for a connection. */
  halt(): void;
  /** Closes the connections; what is still under way breaks off. */
  close(): Promise<void>;
}
