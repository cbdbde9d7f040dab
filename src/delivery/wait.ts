// setTimeout fires at once for anything longer (about 24.8 days).
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A wait that can be cut short; it keeps the process alive, since an event depends on it. */
export class Wait {
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(
    durationMs: number,
    private readonly onOver: () => void,
  ) {
    this.#arm(durationMs);
  }

  #arm(leftMs: number): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => {
      if (leftMs > stepMs) this.#arm(leftMs - stepMs);
      else this.onOver();
    }, Math.ceil(stepMs));
  }

  /** Ends the wait without a call. */
  cancel(): void {
    clearTimeout(this.#timer);
  }
}
