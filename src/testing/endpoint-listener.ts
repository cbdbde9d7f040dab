import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { RegionCode } from '../contract/regions.js';
import type { ActiveFault } from './active-fault.js';
import type { EmulatedEndpoint } from './emulated-endpoint.js';
import { carryOutOverHttp } from './http-exchange.js';

/** An endpoint on a port of the loopback address, for one region or for none in particular. */
export class EndpointListener {
  /** Region it stands for. */
  readonly region: RegionCode | undefined;
  readonly #endpoint: EmulatedEndpoint;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** For connections on which nothing was received yet: the faults that had their chance already. */
  readonly #considered = new WeakMap<Socket, ReadonlySet<ActiveFault>>();

  constructor(endpoint: EmulatedEndpoint, region: RegionCode | undefined) {
    this.#endpoint = endpoint;
    this.region = region;
    // No time-out of the server's own may come before one that is being tested.
    const timeouts = { keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0 };
    const maxHeaderSize = 1024 * 1024;
    this.#server = createServer({ ...timeouts, maxHeaderSize }, (request, response) => this.#serve(request, response));
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /** Begins to listen; port 0 is any free one. Rejects with Node's own error, such as EADDRINUSE. */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  /** Its URL, without a path. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Number of sockets that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Destroys all sockets; resolves when the port is free. */
  async close(): Promise<void> {
    // An error here means that it was not listening.
    const closed = new Promise<unknown>((resolve) => this.#server.close(resolve));
    const gone = [...this.#sockets].map((socket) => once(socket, 'close'));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([closed, ...gone]);
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const considered = this.#endpoint.accept(this.region);
    if (considered === undefined) socket.resetAndDestroy();
    else if (considered.size > 0) this.#considered.set(socket, considered);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket, method = 'GET', url = '/' } = request;
    const considered = this.#considered.get(socket);
    if (considered !== undefined) this.#considered.delete(socket);
    carryOutOverHttp(
      this.#endpoint.receive({ method, region: this.region, target: url, considered }),
      request,
      response,
    );
  }
}
