import type * as Undici from 'undici';

/**
 * A connection to one origin: an undici client that carries one request at a time, connects when it is used and connects
 * again after a break.
 */
export class Connection {
  readonly #client: Undici.Client;
  // undici lets a socket that is not connected yet outlive its client, which would keep the process alive.
  readonly #socketLife = new AbortController();

  constructor({ Client }: typeof Undici, origin: string) {
    this.#client = new Client(origin, {
      // The deadline of the attempt covers connecting, headers and body; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: 0, signal: this.#socketLife.signal },
      pipelining: 1,
    });
  }

  /** Sends a request; only when the one before is over. */
  send(request: Undici.Dispatcher.DispatchOptions, handler: Undici.Dispatcher.DispatchHandler): void {
    this.#client.dispatch(request, handler);
  }

  /** Breaks it, also while it is being established. */
  destroy(): Promise<void> {
    const destroyed = this.#client.destroy();
    this.#socketLife.abort();
    return destroyed;
  }
}
