/** What a promise is given up with when its time is over. */
export class TimeLimitError extends Error {}

/** The promise's result, or a rejection with `TimeLimitError` once the time is over. */
export async function withinTime<T>(promise: Promise<T>, timeMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`no answer within ${timeMs} ms`)), timeMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
