/** A call that waits for its items to be written. */
export interface WaitingCall<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what many callers bring in as few writes as possible: what comes while one is under way goes into the next. A write
 * that fails fails the calls in it, and those that wait behind it too: they would only wait to meet the same trouble.
 */
export class JointWrites<Item, Result> {
  readonly #write: (calls: readonly WaitingCall<Item, Result>[]) => Promise<void>;
  readonly #maxItems: number;
  #waiting: WaitingCall<Item, Result>[] = [];
  #writing = false;

  /**
   * @param write Writes the items of all calls and settles each of the calls, or rejects.
   * @param maxItems Items of one write; a call that has more is written by itself.
   */
  constructor(write: (calls: readonly WaitingCall<Item, Result>[]) => Promise<void>, maxItems: number) {
    this.#write = write;
    this.#maxItems = maxItems;
  }

  /** Writes items, with those of others; never some of a call without the rest. */
  add(items: readonly Item[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const calls = this.#take();
      try {
        await this.#write(calls);
      } catch (error) {
        for (const { reject } of [...calls, ...this.#waiting.splice(0)]) reject(error);
      }
    }
    this.#writing = false;
  }

  #take(): WaitingCall<Item, Result>[] {
    let items = 0;
    const end = this.#waiting.findIndex((call, index) => {
      items += call.items.length;
      return index > 0 && items > this.#maxItems;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}
