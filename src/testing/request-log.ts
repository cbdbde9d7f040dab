import type { ReceivedRequest } from './received-request.js';

/** The newest entries, up to a number; older ones make room. */
export class RequestLog {
  readonly #capacity: number;
  #ring: ReceivedRequest[] = [];
  /** Where the next entry goes, once the ring is full: the place of the oldest. */
  #next = 0;
  #snapshot: readonly ReceivedRequest[] | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds an entry. Takes the same time however many there are. */
  add(entry: ReceivedRequest): void {
    if (this.#capacity === 0) return;
    this.#snapshot = undefined;
    if (this.#ring.length < this.#capacity) {
      this.#ring.push(entry);
      return;
    }
    this.#ring[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The entries, newest last, as they are now. */
  entries(): readonly ReceivedRequest[] {
    this.#snapshot ??= Object.freeze([...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]);
    return this.#snapshot;
  }

  /** Forgets all entries. */
  clear(): void {
    this.#ring = [];
    this.#next = 0;
    this.#snapshot = undefined;
  }
}
