const HEAD_END = Buffer.from('\r\n\r\n');
const GET = 'G'.charCodeAt(0);
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** Told of each request: its head, as it came. */
export type OnRequest = (head: Buffer) => void;

/**
 * Finds the requests in what comes over one connection, and nothing more: the server has to be cheaper than any client.
 *
 * Bodies are skipped by their Content-Length.
 */
export class RequestParser {
  #rest: Buffer | undefined = undefined;
  #bodyBytes = 0;

  constructor(private readonly onRequest: OnRequest) {}

  push(chunk: Buffer): void {
    if (this.#rest === undefined && this.#bodyBytes === 0 && isOneGet(chunk)) this.onRequest(chunk);
    else this.#parse(this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]));
  }

  #parse(received: Buffer): void {
    let from = 0;
    for (;;) {
      const skipped = Math.min(this.#bodyBytes, received.length - from);
      this.#bodyBytes -= skipped;
      from += skipped;
      const end = received.indexOf(HEAD_END, from);
      if (end < 0) break;
      const head = received.subarray(from, end + HEAD_END.length);
      from = end + HEAD_END.length;
      this.#bodyBytes = bodyBytesOf(head);
      this.onRequest(head);
    }
    this.#rest = from < received.length ? received.subarray(from) : undefined;
  }
}

/** Clients here send one request at a time, so that a chunk nearly always is one GET. */
function isOneGet(chunk: Buffer): boolean {
  const { length } = chunk;
  return (
    chunk[0] === GET &&
    chunk[length - 1] === LINE_FEED &&
    chunk[length - 2] === CARRIAGE_RETURN &&
    chunk.indexOf(HEAD_END) === length - HEAD_END.length
  );
}

function bodyBytesOf(head: Buffer): number {
  if (head[0] === GET) return 0;
  return Number(/\r\ncontent-length: *(\d+)/i.exec(head.toString('latin1'))?.[1] ?? 0);
}
