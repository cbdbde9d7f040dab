import type { Dispatcher } from 'undici';
import type { Connection } from './connection.js';
import type { ConnectionOwner, HttpExchange } from './exchange.js';
import { LinkedList } from './linked-list.js';

/**
 * The connections to one origin, each of which carries one request at a time.
 *
 * The connection used last is used next, so that only as many stay open as are needed. A stack of idle ones replaces the
 * search of undici's `Pool`; and since requests wait here, not inside undici, those that are given up meanwhile are
 * certainly never written.
 */
export class ConnectionPool implements ConnectionOwner {
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting = new LinkedList<HttpExchange>();
  #halted = false;

  constructor(
    private readonly maxConnections: number,
    private readonly open: () => Connection,
  ) {}

  /** Sends the exchange's request on a free connection, or as soon as there is one; its time runs from then on. */
  run(exchange: HttpExchange): void {
    const connection = this.#idle.pop() ?? this.#openAnother();
    if (connection === undefined) {
      this.#waiting.push(exchange);
      return;
    }
    exchange.connection = connection;
    exchange.begin();
    connection.send(exchange.request as Dispatcher.DispatchOptions, exchange);
  }

  release(exchange: HttpExchange, reusable: boolean): void {
    const { connection } = exchange;
    if (connection === undefined) {
      this.#waiting.remove(exchange);
      return;
    }
    exchange.connection = undefined;
    if (reusable) this.#idle.push(connection);
    else this.#discard(connection);
    const next = this.#halted ? undefined : this.#waiting.shift();
    if (next !== undefined) this.run(next);
  }

  /** Sends nothing more of what waits. */
  halt(): void {
    this.#halted = true;
  }

  /** Breaks all connections. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()));
  }

  #openAnother(): Connection | undefined {
    if (this.#all.size >= this.maxConnections) return undefined;
    const connection = this.open();
    this.#all.add(connection);
    return connection;
  }

  // It may still be on its way up, or half way through an answer: a new one is cleaner than waiting for it.
  #discard(connection: Connection): void {
    this.#all.delete(connection);
    void connection.destroy();
  }
}
