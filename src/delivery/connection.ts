import type { Socket } from 'node:net';
import type * as Undici from 'undici';
import { dispatchUntraced } from './untraced.js';

/** Establishes sockets; one for all connections, so that they resume each other's TLS sessions. */
export type Connector = Undici.buildConnector.connector;

/** Requests that one HTTP/2 connection carries at once; servers commonly allow no more. */
export const STREAMS_PER_CONNECTION = 100;

/** How connections behave. */
export interface ConnectionSettings {
  /** Whether to offer HTTP/2. */
  readonly allowH2: boolean;
  /** How long an idle connection is kept, in milliseconds; less where the server announces less. */
  readonly keepAliveTimeoutMs: number;
}

/** Makes the connector; the deadline of the attempt covers connecting, so it has no time-out of its own. */
export function createConnector({ buildConnector }: typeof Undici, { allowH2 }: ConnectionSettings): Connector {
  return buildConnector({ timeout: 0, allowH2 });
}

/**
 * A connection to one origin: an undici client that carries as many requests at a time as its protocol allows, connects
 * when it is used or warmed, and connects again after a break.
 */
export class Connection {
  /** Requests that are on it. */
  load = 0;
  /** Requests that it can carry at once: one, or many once HTTP/2 is agreed. */
  capacity = 1;
  /** Whether it takes no more requests, and breaks when those on it are over. */
  retired = false;
  /** Whether the pool has it among those with room; kept by the pool. */
  listed = false;
  readonly #client: Undici.Client;
  readonly #connector: Connector;
  readonly #origin: URL;
  readonly #onConnected: (connection: Connection) => void;
  /** The newest socket. */
  #socket: { destroy(error: Error): unknown } | undefined = undefined;
  /** A socket that was established ahead, until it is used. */
  #warm: Socket | undefined = undefined;

  constructor(
    { Client }: typeof Undici,
    connector: Connector,
    origin: string,
    { allowH2, keepAliveTimeoutMs }: ConnectionSettings,
    onConnected: (connection: Connection) => void,
  ) {
    this.#connector = connector;
    this.#origin = new URL(origin);
    this.#onConnected = onConnected;
    this.#client = new Client(origin, {
      // The deadline of the attempt covers connecting, headers and body; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveMaxTimeout: keepAliveTimeoutMs,
      allowH2,
      connect: (options, callback) => this.#connect(options, callback),
      pipelining: 1,
    });
  }

  /** Sends a request; only while there is room. */
  send(request: Undici.Dispatcher.DispatchOptions, handler: Undici.Dispatcher.DispatchHandler): void {
    dispatchUntraced(this.#client, request, handler);
  }

  /** Establishes the socket for the first request ahead of it; rejects if that fails or takes longer than `timeoutMs`. */
  warm(timeoutMs: number): Promise<void> {
    const { host, hostname, protocol, port } = this.#origin;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#socket?.destroy(new Error(`no connection could be established within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#establish({ host, hostname, protocol, port }, (error, socket) => {
        clearTimeout(timer);
        if (error !== null) {
          reject(error);
          return;
        }
        this.#keepWarm(socket);
        resolve();
      });
    });
  }

  /** Breaks it, also while it is being established. */
  destroy(): Promise<void> {
    const destroyed = this.#client.destroy();
    // undici lets a socket that is not connected yet outlive its client, which would keep the process alive.
    this.#socket?.destroy(new Error('the connection was given up'));
    return destroyed;
  }

  #connect(...[options, callback]: Parameters<Connector>): void {
    const warm = this.#warm;
    if (warm === undefined) {
      this.#establish(options, callback);
      return;
    }
    this.#coolDown(warm);
    queueMicrotask(() => callback(null, warm));
  }

  #establish(...[options, callback]: Parameters<Connector>): void {
    // Its type does not say so, but a connector gives the socket that it is about to connect.
    const establish: (...of: Parameters<Connector>) => unknown = this.#connector;
    const socket = establish(options, (...[error, established]: Parameters<Undici.buildConnector.Callback>) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      this.capacity = isHttp2(established) ? STREAMS_PER_CONNECTION : 1;
      this.#client.pipelining = this.capacity;
      callback(null, established);
      this.#onConnected(this);
    });
    this.#socket = isDestroyable(socket) ? socket : undefined;
  }

  #keepWarm(socket: Socket): void {
    this.#warm = socket;
    // It may wait for long, or for ever.
    socket.unref();
    socket.on('error', this.#onWarmClosed);
    socket.on('close', this.#onWarmClosed);
  }

  #coolDown(socket: Socket): void {
    this.#warm = undefined;
    socket.off('error', this.#onWarmClosed);
    socket.off('close', this.#onWarmClosed);
    socket.ref();
  }

  readonly #onWarmClosed = (): void => {
    this.#warm?.destroy();
    this.#warm = undefined;
  };
}

function isHttp2(socket: Socket): boolean {
  return 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
}

function isDestroyable(value: unknown): value is { destroy(error: Error): unknown } {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
