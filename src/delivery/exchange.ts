import { AnswerBody } from './answer-body.js';
import type { Connection } from './connection.js';
import { Expiring, type Deadlines } from './deadlines.js';
import type { AttemptOutcome } from './outcome.js';
import type { Exchange, OutcomeListener } from './transport.js';

/** Most of an answer that is read; a body beyond it is cut off there, and its connection given up. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Whoever lent the connection for an exchange and takes it back at its end. */
export interface ConnectionOwner {
  /** The exchange is over; `reusable` is false if its connection must not serve another. */
  release(exchange: HttpExchange, reusable: boolean): void;
}

/**
 * One request and its answer: undici's handler and the attempt's deadline in one object, since there is one per event.
 *
 * The deadline covers connecting, the headers and the body together. The methods named `on…` are undici's handler
 * interface in the form that its dispatchers use inside, which spares a wrapper and a parsed header object per request.
 */
export class HttpExchange extends Expiring implements Exchange {
  status = 0;
  /** The connection that carries it; undefined while it waits for one, and with a caller's own dispatcher. */
  connection: Connection | undefined = undefined;
  #abort: (() => void) | undefined = undefined;
  #over = false;
  #retryAfter: string | undefined = undefined;
  /** The first part of the body, which mostly is all of it. */
  #chunk: Buffer | undefined = undefined;
  #parts: AnswerBody | undefined = undefined;
  #bytes = 0;

  constructor(
    /** What undici's `dispatch` takes; holds the path with the credentials until the request is over. */
    public request: object | undefined,
    private readonly timeoutMs: number,
    private readonly listener: OutcomeListener,
    private readonly deadlines: Deadlines<HttpExchange>,
    private readonly owner: ConnectionOwner,
  ) {
    super();
  }

  /** True once it has an outcome or was cancelled. */
  get over(): boolean {
    return this.#over;
  }

  /** Starts the time of the attempt. */
  begin(): void {
    this.deadlines.add(this, this.timeoutMs, performance.now());
  }

  cancel(): boolean {
    const written = this.#abort !== undefined;
    this.#giveUp();
    return written;
  }

  override onExpired(): void {
    const written = this.#abort !== undefined;
    const message = written
      ? `no complete answer within ${this.timeoutMs} ms`
      : `no connection could be established within ${this.timeoutMs} ms`;
    // Until something is written it is certain that nothing was recorded, so that is network trouble, not a time-out.
    const reason = written ? 'timeout' : 'network';
    if (!this.#giveUp()) return;
    this.#tell({ kind: 'no_answer', reason, written, reset: false, message, code: undefined });
  }

  onConnect(abort: () => void): void {
    // Given up while it waited for the connection: abort before anything is written.
    if (this.#over) abort();
    else this.#abort = abort;
  }

  onHeaders(status: number, headers: Buffer[] | string[]): boolean {
    // 1xx answers come before the real one.
    if (status < 200) return true;
    this.status = status;
    // On a 200 as well, since its body may tell of failure.
    this.#retryAfter = findHeader(headers, 'retry-after');
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#chunk === undefined) this.#chunk = chunk;
    else (this.#parts ??= this.#collectFrom(this.#chunk)).add(chunk);
    if (this.#bytes >= MAX_BODY_BYTES) this.#finishEarly();
    return true;
  }

  onComplete(): void {
    if (this.#over) return;
    this.#end(true);
    this.#tell(this.#answer());
  }

  onError(error: Error & { code?: string }): void {
    if (this.#over) return;
    const written = this.#abort !== undefined;
    // undici's client is in the midst of failing its requests: one that it were given now would end the process.
    this.#end(false);
    const { message, code } = error;
    const reset = written && RESET_CODES.has(code);
    this.#tell({ kind: 'no_answer', reason: 'network', written, reset, message, code });
  }

  /** A protocol upgrade that nobody asked for: an answer like any other, and nothing to talk about further. */
  onUpgrade(status: number, headers: Buffer[] | string[] | null, socket: { destroy(): void }): void {
    socket.destroy();
    if (this.#over) return;
    this.onHeaders(status, headers ?? []);
    this.#end(false);
    this.#tell({ kind: 'answer', status, retryAfter: undefined, body: '' });
  }

  /** The bound is reached: what was read is the answer. */
  #finishEarly(): void {
    if (this.#giveUp()) this.#tell(this.#answer());
  }

  #tell(outcome: AttemptOutcome): void {
    const { listener } = this;
    if (listener.caller === undefined) listener.onOutcome(outcome);
    else listener.caller(() => listener.onOutcome(outcome));
  }

  #answer(): AttemptOutcome {
    return { kind: 'answer', status: this.status, retryAfter: this.#retryAfter, body: this.#body() };
  }

  #body(): string {
    return this.#parts?.toString() ?? this.#chunk?.toString('utf8', 0, MAX_BODY_BYTES) ?? '';
  }

  #collectFrom(first: Buffer): AnswerBody {
    const parts = new AnswerBody(MAX_BODY_BYTES);
    parts.add(first);
    return parts;
  }

  #giveUp(): boolean {
    if (this.#over) return false;
    this.#end(false);
    this.#abort?.();
    return true;
  }

  #end(reusable: boolean): void {
    this.#over = true;
    this.request = undefined;
    this.deadlines.remove(this);
    this.owner.release(this, reusable);
  }
}

const RESET_CODES: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Headers come as undici read them: names and values by turns. */
function findHeader(headers: Buffer[] | string[], name: string): string | undefined {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const header = headers[index] as Buffer | string;
    if (header.length === name.length && header.toString('latin1').toLowerCase() === name) {
      return (headers[index + 1] as Buffer | string).toString('latin1');
    }
  }
  return undefined;
}
