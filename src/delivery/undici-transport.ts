import type * as Undici from 'undici';
import type { Endpoint } from '../contract/endpoint.js';
import { Connection, createConnector, type ConnectionSettings } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { Deadlines } from './deadlines.js';
import { warnOfDebugOutput } from './debug-output.js';
import { HttpExchange } from './exchange.js';
import { REQUEST_HEADERS } from './request-headers.js';
import type { Exchange, OutcomeListener, Transport, WarmUp } from './transport.js';

/** What the undici transport needs to know. */
export interface UndiciTransportOptions extends ConnectionSettings {
  readonly method: 'GET' | 'POST';
  /** Most connections to one origin. */
  readonly connections: number;
}

/**
 * Carries requests over undici clients of its own, one pool per origin.
 *
 * undici is loaded with the first request: that keeps a cold start short, and loading it leaves the host application's
 * global `fetch` as it is (see `loadUndici`).
 */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #deadlines = new Deadlines<HttpExchange>();
  /** Opens a connection; there once undici is loaded. */
  #open: ((origin: string, onConnected: (connection: Connection) => void) => Connection) | undefined = undefined;
  #loading: Promise<void> | undefined = undefined;

  constructor(private readonly options: UndiciTransportOptions) {
    warnOfDebugOutput();
  }

  start(endpoint: Endpoint, path: string, timeoutMs: number, listener: OutcomeListener): Exchange {
    const { origin } = endpoint;
    const request = { origin, path, method: this.options.method, headers: REQUEST_HEADERS };
    const pool = this.#pool(origin);
    const exchange = new HttpExchange(request, timeoutMs, listener, this.#deadlines, pool);
    if (this.#open === undefined) this.#startWhenLoaded(exchange, pool);
    else pool.run(exchange);
    return exchange;
  }

  async warmUp({ origin }: Endpoint, connections: number, timeoutMs: number): Promise<WarmUp> {
    await this.#load();
    return this.#pool(origin).warmUp(connections, timeoutMs);
  }

  halt(): void {
    for (const pool of this.#pools.values()) pool.halt();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #pool(origin: string): ConnectionPool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new ConnectionPool({
        maxConnections: this.options.connections,
        awaitProtocol: this.options.allowH2,
        open: (onConnected) => this.#connect(origin, onConnected),
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  #connect(origin: string, onConnected: (connection: Connection) => void): Connection {
    if (this.#open === undefined) throw new TypeError('undici is not loaded yet');
    return this.#open(origin, onConnected);
  }

  #load(): Promise<void> {
    this.#loading ??= loadUndici().then((undici) => {
      const connector = createConnector(undici, this.options);
      this.#open = (origin, onConnected) => new Connection(undici, connector, origin, this.options, onConnected);
    });
    return this.#loading;
  }

  #startWhenLoaded(exchange: HttpExchange, pool: ConnectionPool): void {
    this.#load().then(
      () => {
        if (!exchange.over) pool.run(exchange);
      },
      (error: unknown) => exchange.onError(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/**
 * Node sets up its own global dispatcher when a global of fetch is first touched, and undici sets up its own when it is
 * loaded and finds none. Touching first keeps the host's fetch on Node's.
 */
async function loadUndici(): Promise<typeof Undici> {
  Reflect.get(globalThis, 'Response');
  return import('undici');
}
