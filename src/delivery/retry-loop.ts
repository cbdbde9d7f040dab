import pRetry from 'p-retry';
import type { AttemptFailure } from './failure.js';
import { Wait } from './wait.js';

/** What the loop runs for: makes the attempts and decides between them. */
export interface Retrying {
  /** Starts the next attempt; what comes of it is told to the loop with `onDelivered` or `onFailed`. */
  startAgain(): void;
  /** How long the next attempt waits after this failure, in milliseconds; undefined if there is to be none. */
  delayAfter(failure: AttemptFailure): number | undefined;
  /** The loop waits for the next attempt from now on. */
  onPause(): void;
  /** There is no further attempt after this failure. */
  onGaveUp(failure: AttemptFailure): void;
}

/** Carries a failure through p-retry, which takes errors only. */
class AttemptFailed extends Error {
  constructor(readonly failure: AttemptFailure) {
    super(failure.code);
  }
}

/** Ends p-retry's loop when the event has ended meanwhile. */
class Ended extends Error {}

/** Attempts after a first one that failed, one after the other, in the loop of p-retry. */
export class RetryLoop {
  #attempt: { resolve: () => void; reject: (reason: Error) => void } | undefined = undefined;
  #pause: { wait: Wait; end: (reason: Ended) => void } | undefined = undefined;
  #ended = false;

  constructor(private readonly retrying: Retrying) {}

  /** Runs until an attempt succeeds, there is to be no further one, or it is ended. Never rejects. */
  async run(first: AttemptFailure): Promise<void> {
    try {
      await pRetry(
        (attempt) => (attempt === 1 ? Promise.reject(new AttemptFailed(first)) : this.#attemptAgain()),
        // All ten, since p-retry would add those missing to a copy at a cost. Count and time are kept by `delayAfter`: p-retry's
        // own delay has no jitter at the cap and knows no Retry-After.
        {
          retries: Number.POSITIVE_INFINITY,
          factor: 1,
          minTimeout: 0,
          maxTimeout: 0,
          maxRetryTime: Number.POSITIVE_INFINITY,
          randomize: false,
          unref: false,
          onFailedAttempt: ({ error }) => this.#beforeRetry(error),
          shouldRetry: () => true,
          shouldConsumeRetry: () => true,
        },
      );
    } catch (error) {
      if (error instanceof AttemptFailed && !this.#ended) this.retrying.onGaveUp(error.failure);
    }
  }

  /** The attempt that was started succeeded. */
  onDelivered(): void {
    this.#attempt?.resolve();
  }

  /** The attempt that was started failed. */
  onFailed(failure: AttemptFailure): void {
    this.#attempt?.reject(new AttemptFailed(failure));
  }

  /** Makes no further attempt and cuts a wait short. */
  end(): void {
    this.#ended = true;
    this.#pause?.wait.cancel();
    this.#pause?.end(new Ended());
    this.#attempt?.reject(new Ended());
  }

  #attemptAgain(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw new Ended();
      this.#attempt = { resolve, reject };
      this.retrying.startAgain();
    });
  }

  async #beforeRetry(error: Error): Promise<void> {
    if (!(error instanceof AttemptFailed) || this.#ended) throw error;
    const delayMs = this.retrying.delayAfter(error.failure);
    if (delayMs === undefined) throw error;
    if (delayMs > 0) await this.#waitFor(delayMs);
  }

  #waitFor(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      // `delayAfter` tells listeners, who may have ended it.
      if (this.#ended) throw new Ended();
      this.retrying.onPause();
      const wait = new Wait(delayMs, () => {
        this.#pause = undefined;
        resolve();
      });
      this.#pause = { wait, end: reject };
    });
  }
}
