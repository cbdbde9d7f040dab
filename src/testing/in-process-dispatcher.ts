import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { DispatchExchange } from './dispatch-exchange.js';
import type { EmulatedEndpoint, IncomingRequest } from './emulated-endpoint.js';
import { regionOfHost } from './fetch-exchange.js';
import { toModernHandler } from './legacy-handler.js';
import type { OpenExchanges } from './open-exchanges.js';
import { connectionClosed, connectionRefused, connectionReset, dispatcherGone } from './transport-errors.js';

type Callback = (error: Error | null) => void;

/**
 * Answers undici requests from the emulator, without a socket: for `undici.request(url, { dispatcher })`, for `fetch`
 * with a `dispatcher`, and for whatever calls `dispatch()` itself.
 *
 * undici is not loaded for it, so its methods that need undici's own classes (`request`, `stream` …) throw.
 */
export class InProcessDispatcher extends EventEmitter implements Dispatcher {
  readonly #endpoint: EmulatedEndpoint;
  readonly #open: OpenExchanges;
  readonly #exchanges = new Set<DispatchExchange>();
  readonly #whenIdle: (() => void)[] = [];
  #state: 'open' | 'closed' | 'destroyed' = 'open';

  constructor(endpoint: EmulatedEndpoint, open: OpenExchanges) {
    super();
    this.#endpoint = endpoint;
    this.#open = open;
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const request = describe(options);
    // Nothing of it is looked at, as every parameter is in the query; but who writes it must be able to finish.
    if (options.body instanceof Readable) options.body.resume();
    const leave = this.#open.add(() => exchange.fail(connectionClosed()));
    const exchange = new DispatchExchange(toModernHandler(handler), options, () => {
      leave();
      this.#exchanges.delete(exchange);
      if (this.#exchanges.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
    this.#exchanges.add(exchange);
    if (this.#state !== 'open') exchange.fail(dispatcherGone(this.#state));
    else if (this.#open.closed) exchange.fail(connectionRefused());
    else this.#send(request, exchange);
    return true;
  }

  /** Each request is one on a new connection, so that one which is reset at once never starts, as on a socket. */
  #send(request: IncomingRequest, exchange: DispatchExchange): void {
    const considered = this.#endpoint.accept(request.region);
    if (considered === undefined) exchange.runInto(connectionReset());
    else exchange.run(() => this.#endpoint.receive({ ...request, considered }));
  }

  close(callback: () => void): void;
  close(): Promise<void>;
  close(callback?: () => void): Promise<void> | undefined {
    if (this.#state === 'open') this.#state = 'closed';
    const idle = new Promise<void>((resolve) => {
      if (this.#exchanges.size === 0) resolve();
      else this.#whenIdle.push(resolve);
    });
    return settleWith(idle, callback);
  }

  destroy(error: Error | null, callback: () => void): void;
  destroy(callback: () => void): void;
  destroy(error?: Error | null): Promise<void>;
  destroy(first?: Error | Callback | null, second?: Callback): Promise<void> | undefined {
    this.#state = 'destroyed';
    const error = (typeof first === 'function' ? null : first) ?? dispatcherGone('destroyed');
    for (const exchange of [...this.#exchanges]) exchange.fail(error);
    return settleWith(Promise.resolve(), typeof first === 'function' ? first : second);
  }

  /** Puts interceptors in front, the last one outermost, as undici does. */
  compose(...interceptors: Dispatcher.DispatcherComposeInterceptor[]): Dispatcher.ComposedDispatcher;
  compose(interceptors: Dispatcher.DispatcherComposeInterceptor[]): Dispatcher.ComposedDispatcher;
  compose(
    ...given: Dispatcher.DispatcherComposeInterceptor[] | [Dispatcher.DispatcherComposeInterceptor[]]
  ): Dispatcher.ComposedDispatcher {
    const dispatch = given.flat().reduce<Dispatcher['dispatch']>(
      (inner, interceptor) => {
        const outer = interceptor(inner);
        return (options, handler) => outer(options, toModernHandler(handler));
      },
      (options, handler) => this.dispatch(options, handler),
    );
    const [close, destroy] = [this.close.bind(this), this.destroy.bind(this)];
    const composed = Object.assign(new InProcessDispatcher(this.#endpoint, this.#open), { dispatch, close, destroy });
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- undici is not loaded here
    return composed;
  }

  request(): never {
    throw needsUndici('request');
  }

  stream(): never {
    throw needsUndici('stream');
  }

  pipeline(): never {
    throw needsUndici('pipeline');
  }

  connect(): never {
    throw needsUndici('connect');
  }

  upgrade(): never {
    throw needsUndici('upgrade');
  }

  override listeners(eventName: string | symbol): [] {
    return super.listeners(eventName) as [];
  }

  override rawListeners(eventName: string | symbol): [] {
    return super.rawListeners(eventName) as [];
  }
}

function describe({ origin, path, method, query }: Dispatcher.DispatchOptions): IncomingRequest {
  const target = query === undefined ? path : `${path}?${new URLSearchParams(query).toString()}`;
  const hostname = origin === undefined ? undefined : new URL(origin).hostname;
  return { method, region: hostname === undefined ? undefined : regionOfHost(hostname), target };
}

function settleWith(settled: Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
  if (callback === undefined) return settled;
  void settled.then(() => callback(null));
  return undefined;
}

function needsUndici(name: string): Error {
  return new Error(`the emulator's dispatcher has no ${name}(); use undici.${name}(url, { dispatcher })`);
}
