import type { Client, Dispatcher } from 'undici';
import type { ConnectionOwner, HttpExchange } from './exchange.js';
import { LinkedList } from './linked-list.js';

/**
 * The connections to one origin: undici clients that carry one request at a time each, connect when they are used and
 * connect again after a break.
 *
 * The connection used last is used next, so that only as many stay open as are needed. A stack of idle ones replaces the
 * search of undici's `Pool`; and since requests wait here, not inside undici, those that are given up meanwhile are
 * certainly never written.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly #all = new Set<Client>();
  readonly #idle: Client[] = [];
  readonly #waiting = new LinkedList<HttpExchange>();
  #halted = false;

  constructor(
    private readonly maxConnections: number,
    private readonly open: () => Client,
  ) {}

  /** Sends the exchange's request on a free connection, or as soon as there is one; its time runs from then on. */
  run(exchange: HttpExchange): void {
    const client = this.#idle.pop() ?? this.#openAnother();
    if (client === undefined) {
      this.#waiting.push(exchange);
      return;
    }
    exchange.client = client;
    exchange.begin();
    client.dispatch(exchange.request as Dispatcher.DispatchOptions, exchange);
  }

  release(exchange: HttpExchange, reusable: boolean): void {
    const { client } = exchange;
    if (client === undefined) {
      this.#waiting.remove(exchange);
      return;
    }
    exchange.client = undefined;
    if (reusable) this.#idle.push(client);
    else this.#discard(client);
    const next = this.#halted ? undefined : this.#waiting.shift();
    if (next !== undefined) this.run(next);
  }

  /** Sends nothing more of what waits. */
  halt(): void {
    this.#halted = true;
  }

  /** Breaks all connections. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.destroy()));
  }

  #openAnother(): Client | undefined {
    if (this.#all.size >= this.maxConnections) return undefined;
    const client = this.open();
    this.#all.add(client);
    return client;
  }

  // It may still be connecting, or its socket be half way through an answer: a new one is cleaner than waiting for it.
  #discard(client: Client): void {
    this.#all.delete(client);
    void client.destroy();
  }
}
