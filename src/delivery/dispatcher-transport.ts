import type { Dispatcher } from 'undici';
import type { Endpoint } from '../contract/endpoint.js';
import { Deadlines } from './deadlines.js';
import { warnOfDebugOutput } from './debug-output.js';
import { HttpExchange, type ConnectionOwner } from './exchange.js';
import { REQUEST_HEADERS } from './request-headers.js';
import type { Exchange, OutcomeListener, Transport, WarmUp } from './transport.js';
import { dispatchUntraced, watchedForTraces } from './untraced.js';

/**
 * Carries requests over a dispatcher that the caller passed in: a proxy agent, a mock, the emulator in process.
 *
 * The dispatcher stays the caller's: it is never closed here. It must be of undici 7 or later.
 */
export class DispatcherTransport implements Transport {
  readonly #deadlines = new Deadlines<HttpExchange>();
  // The dispatcher keeps its own connections, so there is nothing to take back.
  readonly #owner: ConnectionOwner = { release: () => undefined };
  #warned = false;

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly method: 'GET' | 'POST',
  ) {
    warnOfDebugOutput();
  }

  start(endpoint: Endpoint, path: string, timeoutMs: number, listener: OutcomeListener): Exchange {
    const plain = { origin: endpoint.origin, path, method: this.method, headers: REQUEST_HEADERS };
    const request = watchedForTraces(plain, () => this.#warnOfTraces());
    const exchange = new HttpExchange(request, timeoutMs, listener, this.#deadlines, this.#owner);
    exchange.begin();
    try {
      dispatchUntraced(this.dispatcher, request, new ControllerHandler(exchange));
    } catch (error) {
      exchange.onError(error instanceof Error ? error : new Error(String(error)));
    }
    return exchange;
  }

  #warnOfTraces(): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      'a request waited in the dispatcher for a connection that another had opened, where OpenTelemetry may record its URL ' +
        'with the token and passcode in it; give the client a dispatcher of its own, made after OpenTelemetry was set up',
      'ClevertapAttributionWarning',
    );
  }

  warmUp(): Promise<WarmUp> {
    // The dispatcher's connections are its own.
    return Promise.resolve({ connections: 0, error: undefined });
  }

  halt(): void {
    // What waits for a connection waits in the caller's dispatcher, and is aborted there before it is written.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Gives an exchange the public handler interface of undici, which foreign dispatchers call. */
class ControllerHandler implements Dispatcher.DispatchHandler {
  constructor(private readonly exchange: HttpExchange) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.exchange.onConnect(() => controller.abort(new Error('given up by clevertap-attribution')));
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    socket: { destroy(): void },
  ): void {
    this.exchange.onUpgrade(status, null, socket);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    const retryAfter = headers['retry-after'];
    this.exchange.onHeaders(status, retryAfter === undefined ? [] : ['retry-after', String(retryAfter)]);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.exchange.onData(chunk);
  }

  onResponseEnd(): void {
    this.exchange.onComplete();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.exchange.onError(error);
  }
}
