import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection that shows what really comes over it. */
export class RawConnection {
  /** Resolves with how the other side ended it: an orderly `end`, or the code of an error such as ECONNRESET. */
  readonly ended: Promise<string>;
  readonly #socket: Socket;
  #text = '';

  constructor(baseUrl: string) {
    const { hostname, port } = new URL(baseUrl);
    this.#socket = connect(Number(port), hostname);
    this.#socket.setEncoding('latin1').on('data', (chunk: string) => (this.#text += chunk));
    this.ended = new Promise((resolve) => {
      this.#socket.once('end', () => resolve('end'));
      this.#socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  }

  /** Sends a request. */
  send(target: string, method = 'GET', rest = '\r\n'): this {
    this.#socket.write(`${method} ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n${rest}`);
    return this;
  }

  /** All that has come so far. */
  get text(): string {
    return this.#text;
  }

  /** The body that has come so far. */
  get body(): string {
    const end = this.#text.indexOf('\r\n\r\n');
    return end < 0 ? '' : this.#text.slice(end + 4);
  }

  /** Resolves once something holds of what has come. */
  async until(holds: (connection: this) => boolean): Promise<this> {
    while (!holds(this)) await once(this.#socket, 'data');
    return this;
  }

  /** Leaves. */
  leave(): void {
    this.#socket.destroy();
  }
}
