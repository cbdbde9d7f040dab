import type * as Undici from 'undici';

/** Establishes sockets; one for all connections, so that they resume each other's TLS sessions. */
export type Connector = Undici.buildConnector.connector;

/** Makes the connector; the deadline of the attempt covers connecting, so it has no time-out of its own. */
export function createConnector({ buildConnector }: typeof Undici): Connector {
  return buildConnector({ timeout: 0 });
}

/**
 * A connection to one origin: an undici client that carries one request at a time, connects when it is used and connects
 * again after a break.
 */
export class Connection {
  readonly #client: Undici.Client;
  /** The newest socket. */
  #socket: { destroy(error: Error): unknown } | undefined = undefined;

  constructor({ Client }: typeof Undici, connector: Connector, origin: string) {
    this.#client = new Client(origin, {
      // The deadline of the attempt covers connecting, headers and body; undici's own timers would only cost.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => {
        // Its type does not say so, but a connector gives the socket that it is about to connect.
        const establish: (...of: Parameters<Connector>) => unknown = connector;
        const socket = establish(options, callback);
        this.#socket = isDestroyable(socket) ? socket : undefined;
      },
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
    // undici lets a socket that is not connected yet outlive its client, which would keep the process alive.
    this.#socket?.destroy(new Error('the connection was given up'));
    return destroyed;
  }
}

function isDestroyable(value: unknown): value is { destroy(error: Error): unknown } {
  return typeof value === 'object' && value !== null && 'destroy' in value && typeof value.destroy === 'function';
}
