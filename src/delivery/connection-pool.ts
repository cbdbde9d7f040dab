import type { Dispatcher } from 'undici';
import type { Connection } from './connection.js';
import type { ConnectionOwner, HttpExchange } from './exchange.js';
import { LinkedList } from './linked-list.js';
import type { WarmUp } from './transport.js';

/** How many connections there may be, and how they come to be. */
export interface ConnectionPoolSettings {
  readonly maxConnections: number;
  /**
   * Whether the first connection is awaited before further ones are opened: it tells whether the server speaks HTTP/2, of
   * which one connection carries many requests.
   */
  readonly awaitProtocol: boolean;
  /** Opens a connection, which calls back whenever it is established. */
  readonly open: (onConnected: (connection: Connection) => void) => Connection;
}

/**
 * The connections to one origin, each of which carries one request at a time, or many once HTTP/2 is agreed.
 *
 * The connection used last is used next, so that only as many stay open as are needed. A stack of those with room replaces
 * the search of undici's `Pool`; and since requests wait here, not inside undici, those that are given up meanwhile are
 * certainly never written.
 */
export class ConnectionPool implements ConnectionOwner {
  /** Those in use. */
  readonly #all = new Set<Connection>();
  /** Those that take no more requests, but have some on them. */
  readonly #retired = new Set<Connection>();
  /** Those with room for another request; retired ones are skipped. */
  readonly #withRoom: Connection[] = [];
  readonly #waiting = new LinkedList<HttpExchange>();
  #knowsProtocol: boolean;
  #halted = false;

  constructor(private readonly settings: ConnectionPoolSettings) {
    this.#knowsProtocol = !settings.awaitProtocol;
  }

  /** Sends the exchange's request on a connection with room, or as soon as there is one; its time runs from then on. */
  run(exchange: HttpExchange): void {
    const connection = this.#takeRoom();
    if (connection === undefined) this.#waiting.push(exchange);
    else start(exchange, connection);
  }

  release(exchange: HttpExchange, reusable: boolean): void {
    const { connection } = exchange;
    if (connection === undefined) {
      this.#waiting.remove(exchange);
      return;
    }
    exchange.connection = undefined;
    connection.load -= 1;
    // It may still be on its way up, or half way through an answer: a new one is cleaner than waiting for it.
    if (!reusable) this.#retire(connection);
    if (!connection.retired) this.#list(connection);
    else if (connection.load === 0) this.#discard(connection);
    this.#runWaiting();
  }

  /** Establishes connections ahead of their requests, as far as there are not as many yet. Never rejects. */
  async warmUp(connections: number, timeoutMs: number): Promise<WarmUp> {
    const attempts: Promise<void>[] = [];
    while (this.#all.size < Math.min(connections, this.settings.maxConnections)) {
      const connection = this.#open();
      this.#list(connection);
      attempts.push(connection.warm(timeoutMs));
    }
    const outcomes = await Promise.allSettled(attempts);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    const established = outcomes.filter(({ status }) => status === 'fulfilled').length;
    return { connections: established, error: failed?.reason instanceof Error ? failed.reason : undefined };
  }

  /** Sends nothing more of what waits. */
  halt(): void {
    this.#halted = true;
  }

  /** Breaks all connections. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all, ...this.#retired].map((connection) => connection.destroy()));
  }

  #takeRoom(): Connection | undefined {
    let connection = this.#withRoom.at(-1);
    while (connection?.retired === true) {
      this.#withRoom.pop();
      connection = this.#withRoom.at(-1);
    }
    if (connection === undefined) {
      if (this.#all.size >= this.settings.maxConnections || (!this.#knowsProtocol && this.#all.size > 0))
        return undefined;
      connection = this.#open();
      this.#list(connection);
    }
    connection.load += 1;
    if (connection.load >= connection.capacity) {
      this.#withRoom.pop();
      connection.listed = false;
    }
    return connection;
  }

  #list(connection: Connection): void {
    if (connection.listed || connection.load >= connection.capacity) return;
    connection.listed = true;
    this.#withRoom.push(connection);
  }

  #runWaiting(): void {
    while (!this.#halted && this.#waiting.size > 0) {
      const connection = this.#takeRoom();
      if (connection === undefined) return;
      const next = this.#waiting.shift();
      if (next !== undefined) start(next, connection);
    }
  }

  #retire(connection: Connection): void {
    connection.retired = true;
    this.#all.delete(connection);
    this.#retired.add(connection);
  }

  #discard(connection: Connection): void {
    this.#retired.delete(connection);
    void connection.destroy();
  }

  #open(): Connection {
    const connection = this.settings.open(this.#onConnected);
    this.#all.add(connection);
    return connection;
  }

  readonly #onConnected = (connection: Connection): void => {
    this.#knowsProtocol = true;
    if (!connection.retired) this.#list(connection);
    this.#runWaiting();
  };
}

function start(exchange: HttpExchange, connection: Connection): void {
  exchange.connection = connection;
  exchange.begin();
  connection.send(exchange.request as Dispatcher.DispatchOptions, exchange);
}
