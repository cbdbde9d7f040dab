import { isAttributionError, StorageError, type AnyAttributionError } from '../errors.js';
import type { Consumer, ConsumerReport } from './queue.js';
import { retryDelayMs, type RetrySchedule } from './retry-schedule.js';

/** When it is tried again to begin: soon, since whatever is stored waits for it. */
const BEGIN_AGAIN: RetrySchedule = { initialDelayMs: 1_000, maxDelayMs: 15_000 };

/** What a lasting consumer needs. */
export interface LastingConsumerParts {
  /** Begins to consume; rejects if the engine cannot be reached. */
  readonly begin: () => Promise<Consumer>;
  /** Told of each beginning that failed. */
  readonly onTrouble: (error: AnyAttributionError) => void;
  /** When to try again. @default a delay that grows up to 15 seconds */
  readonly schedule?: RetrySchedule | undefined;
}

/** How to stop a lasting consumer. */
export interface StopOptions {
  /** How long its handlers may still work, in milliseconds. */
  readonly timeoutMs: number;
  /** How much longer they may take to settle what they were at, in milliseconds. */
  readonly graceMs: number;
}

/** A consumer that begins in the background as often as it takes, until its engine is there. */
export class LastingConsumer {
  readonly #parts: LastingConsumerParts;
  readonly #schedule: RetrySchedule;
  #consumer: Consumer | undefined;
  #begun: Promise<void> | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #firstTryAt = 0;
  #stopped: Promise<ConsumerReport> | undefined;

  constructor(parts: LastingConsumerParts) {
    this.#parts = parts;
    this.#schedule = parts.schedule ?? BEGIN_AGAIN;
  }

  /** Begins, unless it has; resolves once it hands out, or once it is known that it must be tried again. Never rejects. */
  start(): Promise<void> {
    if (this.#begun === undefined) {
      this.#firstTryAt = Date.now();
      this.#begun = this.#begin();
    }
    return this.#begun;
  }

  /** Looks again at once for what is due. */
  wake(): void {
    this.#consumer?.wake();
  }

  /**
   * Hands out nothing more, waits for the handlers up to `timeoutMs` and the grace, and hands the rest back. A beginning that is
   * under way is waited for up to `timeoutMs`, and stopped whenever it succeeds.
   */
  stop(options: StopOptions): Promise<ConsumerReport> {
    return (this.#stopped ??= this.#stop(options));
  }

  async #begin(): Promise<void> {
    try {
      this.#consumer = await this.#parts.begin();
    } catch (error) {
      if (this.#stopped !== undefined) return;
      // Not the words of a foreign one, which may hold anything.
      this.#parts.onTrouble(isAttributionError(error) ? error : new StorageError('the queue failed unexpectedly'));
      const delayMs = retryDelayMs(this.#schedule, Date.now() - this.#firstTryAt, 0, 0.5 + Math.random() / 2);
      this.#waiting = setTimeout(() => {
        this.#begun = this.#begin();
      }, delayMs);
    }
  }

  async #stop({ timeoutMs, graceMs }: StopOptions): Promise<ConsumerReport> {
    clearTimeout(this.#waiting);
    await within(timeoutMs, this.#begun);
    if (this.#consumer !== undefined) return this.#consumer.stop({ timeoutMs: timeoutMs + graceMs });
    // The queue, which is closed next, may not know of it yet.
    void this.#begun?.then(() => this.#consumer?.stop({ timeoutMs: 0 })).catch(() => undefined);
    return { settled: 0, handedBack: 0 };
  }
}

/** Resolves with the promise, or once the time is over. */
async function within(timeMs: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    if (Number.isFinite(timeMs)) timer = setTimeout(resolve, timeMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
