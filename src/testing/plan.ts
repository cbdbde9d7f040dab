import type { Answer } from './answer.js';

/** What becomes of a request, as plain data: each way to reach the emulator carries it out in its own terms. */
export interface Plan {
  /** Milliseconds to wait first. */
  readonly delayMs: number;
  readonly ending: Ending;
  /** To be called when the exchange is over, whichever way it ended; not there if nobody counts on it. */
  readonly onOver?: (() => void) | undefined;
}

/** How a request ends. */
export type Ending =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** The head and half of the body; then nothing more, or the connection breaks. */
  | { readonly kind: 'cut'; readonly answer: Answer; readonly then: 'stall' | 'break' }
  /** A 200 with a body of this many bytes, made while it is sent. */
  | { readonly kind: 'flood'; readonly bytes: number }
  | { readonly kind: 'hang' }
  /** The connection is reset; `requestRead` is false where the server never looked at the request. */
  | { readonly kind: 'reset'; readonly requestRead: boolean }
  | { readonly kind: 'garbage' };

/** Status that an ending sends, if it gets as far as a status. */
export function statusOf(ending: Ending): number | undefined {
  if (ending.kind === 'flood') return 200;
  return ending.kind === 'answer' || ending.kind === 'cut' ? ending.answer.status : undefined;
}

/** The part of a body that is sent before a `cut`. */
export function firstHalf(body: string): Buffer {
  const bytes = Buffer.from(body);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

/** Bytes that are no HTTP, for `garbage`. */
export const GARBAGE = '\u0016\u0003\u0001 this is not HTTP\r\n\r\n';

/** Headers of a `flood`. */
export function floodHeaders(bytes: number): Record<string, string> {
  return { 'content-type': 'text/plain', 'content-length': String(bytes) };
}

const FLOOD_CHUNK = Buffer.alloc(64 * 1024, 'x');

/** The body of a `flood`, in chunks of 64 KiB at most; all share one buffer, so that no size costs memory. */
export function* floodChunks(bytes: number): Generator<Buffer, void, undefined> {
  for (let left = bytes; left > 0; left -= FLOOD_CHUNK.length) {
    yield left < FLOOD_CHUNK.length ? FLOOD_CHUNK.subarray(0, left) : FLOOD_CHUNK;
  }
}
