import { STATUS_CODES } from 'node:http';
import { regions, type RegionCode } from '../contract/regions.js';
import type { EmulatedEndpoint } from './emulated-endpoint.js';
import type { OpenExchanges } from './open-exchanges.js';
import { firstHalf, floodChunks, floodHeaders, type Ending } from './plan.js';
import { connectionClosed, connectionRefused, connectionReset, fetchFailed, notHttp } from './transport-errors.js';

const regionByHost: ReadonlyMap<string, RegionCode> = new Map(regions.map(({ host, code }) => [host, code]));

/** The region that a host name stands for, if it is one of CleverTap's. */
export function regionOfHost(hostname: string): RegionCode | undefined {
  return regionByHost.get(hostname);
}

/**
 * Answers a request as `fetch` would see it: what ends a connection rejects with a `TypeError` or breaks the body's
 * stream, and what never comes waits until the request's signal aborts or the emulator is closed.
 */
export async function answerFetch(
  endpoint: EmulatedEndpoint,
  open: OpenExchanges,
  request: Request,
): Promise<Response> {
  const { signal, method } = request;
  signal.throwIfAborted();
  if (open.closed) throw fetchFailed(connectionRefused());
  const url = new URL(request.url);
  const target = url.pathname + url.search;
  const { delayMs, ending, onOver } = endpoint.receive({ method, region: regionOfHost(url.hostname), target });
  try {
    if (delayMs > 0) await wait(delayMs, signal, open);
    return await respond(ending, signal, open);
  } finally {
    onOver?.();
  }
}

async function respond(ending: Ending, signal: AbortSignal, open: OpenExchanges): Promise<Response> {
  switch (ending.kind) {
    case 'answer': {
      const { status, headers, body } = ending.answer;
      return response(status, headers, body === '' ? null : body);
    }
    case 'cut': {
      const { status, headers, body } = ending.answer;
      const half = firstHalf(body);
      return response(status, headers, ending.then === 'break' ? breaking(half) : stalling(half, signal, open));
    }
    case 'flood':
      return response(200, floodHeaders(ending.bytes), ReadableStream.from(floodChunks(ending.bytes)));
    case 'hang':
      return wait(undefined, signal, open);
    case 'reset':
      throw fetchFailed(connectionReset());
    case 'garbage':
      throw fetchFailed(notHttp());
  }
}

function response(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | ReadableStream | null,
): Response {
  return new Response(body, { status, statusText: STATUS_CODES[status] ?? '', headers });
}

function breaking(half: Uint8Array): ReadableStream {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(fetchFailed(connectionClosed()));
      else controller.enqueue(half);
      sent = true;
    },
  });
}

function stalling(half: Uint8Array, signal: AbortSignal, open: OpenExchanges): ReadableStream {
  const cancelled = new AbortController();
  return new ReadableStream({
    start(controller) {
      controller.enqueue(half);
      wait(undefined, AbortSignal.any([signal, cancelled.signal]), open).catch((error: unknown) =>
        controller.error(error),
      );
    },
    cancel() {
      cancelled.abort();
    },
  });
}

function wait(ms: number, signal: AbortSignal, open: OpenExchanges): Promise<void>;
function wait(ms: undefined, signal: AbortSignal, open: OpenExchanges): Promise<never>;
function wait(ms: number | undefined, signal: AbortSignal, open: OpenExchanges): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = ms === undefined ? undefined : setTimeout(() => settle(resolve), ms);
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const remove = open.add(() => settle(() => reject(fetchFailed(connectionClosed()))));
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      remove();
      outcome();
    };
    signal.addEventListener('abort', onAbort);
    // An abort or a close between two waits has told nobody.
    if (signal.aborted) onAbort();
    else if (open.closed) settle(() => reject(fetchFailed(connectionClosed())));
  });
}
