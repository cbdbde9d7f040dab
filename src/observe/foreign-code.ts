/**
 * Runs code of the user's that must cost no event: what it throws or rejects with is reported as a process warning, once,
 * in words of our own.
 */
export class ForeignCode {
  #warned = false;

  /** `name` is what the user knows it by. */
  constructor(private readonly name: string) {}

  /** Runs it and gives what it gives; undefined if it throws. */
  run<Result>(code: () => Result): Result | undefined {
    try {
      const result = code();
      // An async function passes for one that gives nothing; its rejection must not end the process.
      if (isThenable(result)) Promise.resolve(result).catch(() => this.#warnOnce());
      return result;
    } catch {
      this.#warnOnce();
      return undefined;
    }
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    // Not the error itself: it is foreign and may hold anything.
    process.emitWarning(
      `${this.name} threw; the events are not affected, but notices may be lost`,
      'ClevertapAttributionWarning',
    );
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}
