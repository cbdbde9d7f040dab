/** Tells a listener of the caller's; one that throws or rejects costs no event and is reported as a process warning, once. */
export class NoticeListener<Notice> {
  #warned = false;

  constructor(private readonly onNotice: ((notice: Notice) => void) | undefined) {}

  /** Whether anybody listens; if not, notices need not be made. */
  get listening(): boolean {
    return this.onNotice !== undefined;
  }

  /** Tells the listener. */
  notify(notice: Notice): void {
    try {
      const result: unknown = this.onNotice?.(notice);
      // An async function passes for a listener; its rejection must not end the process.
      if (result !== undefined) Promise.resolve(result).catch(() => this.#warnOnce());
    } catch {
      this.#warnOnce();
    }
  }

  #warnOnce(): void {
    if (this.#warned) return;
    this.#warned = true;
    // Not the error itself: it is foreign and may hold anything.
    process.emitWarning(
      'onNotice threw; the events are not affected, but notices may be lost',
      'ClevertapAttributionWarning',
    );
  }
}
