/** In-process requests that wait for something, so that closing the emulator ends them. */
export class OpenExchanges {
  readonly #ends = new Set<() => void>();
  #closed = false;

  /** Whether the emulator was closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Registers how to end an exchange; the function that comes back takes it out again. */
  add(end: () => void): () => void {
    this.#ends.add(end);
    return () => {
      this.#ends.delete(end);
    };
  }

  /** Ends all exchanges; there will be no more. */
  close(): void {
    this.#closed = true;
    const ends = [...this.#ends];
    this.#ends.clear();
    for (const end of ends) end();
  }
}
