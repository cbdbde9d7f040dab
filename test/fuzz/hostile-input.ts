import { isAttributionError } from '../../src/errors.js';
import { canariesIn, everythingShownOf } from '../support/canary.js';

/** A random input, and what must hold for it: a check returns normally or throws. */
export interface HostileInput {
  readonly name: string;
  /** Part of the runs that it gets, since it does much more in each; 1 is all. */
  readonly share: number;
  /** Checks `runs` random inputs from a seed; throws with the smallest input that fails. */
  readonly check: (runs: number, seed: number) => void | Promise<void>;
}

/** Throws if a condition does not hold. */
export function mustHold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`);
}

/** Waits for something that may fail, with an error of the closed set that shows no secret; undefined if it did. */
export async function orClosedSetError<T>(action: Promise<T>, withinMs: number): Promise<T | undefined> {
  const startedAt = performance.now();
  try {
    return await action;
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    mustHold(canariesIn(everythingShownOf(error)).length === 0, 'no secret is shown');
    mustHold(
      error.message.length < 4_000 && !/\p{Cc}/u.test(error.message),
      'its message is one line of bounded length',
    );
    return undefined;
  } finally {
    const tookMs = performance.now() - startedAt;
    mustHold(tookMs < withinMs, `it ends within ${withinMs} ms, and not after ${Math.round(tookMs)}`);
  }
}

/** Runs a check while nothing may be thrown past everybody, as by a listener of a socket. */
export async function withoutUncaught(action: () => Promise<void>): Promise<void> {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', note).on('unhandledRejection', note);
  try {
    await action();
    // What is thrown in the last turn is told in the next.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('uncaughtException', note).off('unhandledRejection', note);
  }
  if (uncaught.length > 0) throw new Error('something was thrown past everybody', { cause: uncaught[0] });
}
