import type { Dispatcher } from 'undici';

// The names under which OpenTelemetry's API and SDK find themselves, whichever copies of them are loaded. By these they can
// be reached without a dependency on them, and whether or not they were there first.
const API = Symbol.for('opentelemetry.js.api.1');
const SUPPRESS_TRACING = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

interface TraceContext {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): TraceContext;
}

interface ContextManager {
  active(): TraceContext;
  with(context: TraceContext, work: () => unknown): unknown;
}

/**
 * Hands a request to a dispatcher where OpenTelemetry's instrumentations record nothing: they would take down its URL, and
 * with it the credentials. Without OpenTelemetry it is a plain `dispatch`.
 *
 * It holds for what the dispatcher does within the call and on connections that it opens in it. A dispatcher that keeps the
 * request waiting for a connection which somebody else's request has opened is out of its reach.
 */
export function dispatchUntraced(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
): void {
  const manager = contextManager();
  if (manager === undefined) dispatcher.dispatch(request, handler);
  else {
    const suppressed = manager.active().setValue(SUPPRESS_TRACING, true);
    manager.with(suppressed, () => dispatcher.dispatch(request, handler));
  }
}

/**
 * The same request, which tells when its path or a header is read where it may be traced: what a dispatcher keeps waiting is
 * read when its turn has come, in the context of whoever opened the connection that has become free.
 *
 * A proxy agent copies a request at once, and its path with it, but takes the headers along as they are: so their names and
 * values, given in turn, become an object.
 */
export function watchedForTraces(
  request: Dispatcher.DispatchOptions & { readonly headers: readonly string[] },
  onTraced: () => void,
): Dispatcher.DispatchOptions {
  if (contextManager() === undefined) return request;
  const onRead = (): void => {
    if (contextManager()?.active().getValue(SUPPRESS_TRACING) !== true) onTraced();
  };
  const headers = {};
  const list = request.headers;
  for (let index = 0; index < list.length; index += 2) watch(headers, String(list[index]), list[index + 1], onRead);
  return watch({ ...request, headers }, 'path', request.path, onRead);
}

/** A property that tells when it is read, and is an ordinary one once somebody sets it. */
function watch<Target extends object>(target: Target, name: string, value: unknown, onRead: () => void): Target {
  return Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get: () => {
      onRead();
      return value;
    },
    set: (other: unknown) => {
      Object.defineProperty(target, name, { value: other, writable: true });
    },
  });
}

/** Runs something in the tracing context of a caller's. */
export type CallerContext = (work: () => void) => void;

/**
 * The tracing context that is active now, to go back to when the answer comes: connections are opened untraced, and so
 * would be whatever runs in their callbacks, the caller's own code included. Undefined without OpenTelemetry.
 */
export function callerContext(): CallerContext | undefined {
  const manager = contextManager();
  if (manager === undefined) return undefined;
  const context = manager.active();
  return (work) => void manager.with(context, work);
}

function contextManager(): ContextManager | undefined {
  return (globalThis as { [API]?: { readonly context?: ContextManager } })[API]?.context;
}
