import type { Worker } from 'node:worker_threads';

/**
 * Watches the heap of the outbox's thread, which is none of this process's `heapUsed`: by the length of its snapshots, as
 * Node 20 has no figure for it.
 */
export class StoreThreadSize {
  #thread: Worker | undefined;
  #bytes = 0;
  #measuring: Promise<void> | undefined;

  /** Watches the thread that is started last from now on. */
  constructor() {
    process.on('worker', (thread: Worker) => {
      this.#thread = thread;
      thread.once('exit', () => {
        if (this.#thread === thread) this.#thread = undefined;
      });
    });
  }

  /** Length of the last snapshot that was taken, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a snapshot, for which a busy process may need seconds; resolves when it is taken, or at once where no thread is. */
  measure(): Promise<void> {
    return (this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    }));
  }

  async #measure(): Promise<void> {
    if (this.#thread === undefined) return;
    let bytes = 0;
    for await (const chunk of await this.#thread.getHeapSnapshot()) bytes += (chunk as Buffer).length;
    this.#bytes = bytes;
  }
}
