/** What a promise is given up with when its time is over. */
export class TimeLimitError extends Error {}

/** Longest time that a timer can wait, in milliseconds (24 days). */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The promise's result, or a rejection with `TimeLimitError` once the time is over, which may be `Infinity`; or once the signal
 * fires, if there is one.
 */
export async function withinTime<T>(promise: Promise<T>, timeMs: number, signal?: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const limit = new Promise<never>((_, reject) => {
    giveUp = () => reject(new TimeLimitError('given up'));
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp);
    timer = setTimeout(() => reject(new TimeLimitError(`no answer within ${timeMs} ms`)), Math.min(timeMs, LONGEST_MS));
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
  }
}
