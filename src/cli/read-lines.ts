import { isUtf8 } from 'node:buffer';

/** A line of a text. */
export interface Line {
  /** 1 for the first. */
  readonly number: number;
  readonly text: string;
  /** The line break behind it; the last line may have none. */
  readonly ending: '' | '\n' | '\r\n';
  /** Why it cannot be used: too long, and `text` is its beginning; or not UTF-8, and `text` holds U+FFFD for what is not. */
  readonly problem: string | undefined;
}

/** Longest line that is kept, in bytes: an event fits in 8,000 bytes of URL, so nothing longer can be one. */
export const MAX_LINE_BYTES = 1_000_000;

const TOO_LONG = 'the line is too long for a record';

/** Why a line is not used of which some bytes could not be read. */
export const NOT_UTF8 = 'is not UTF-8: U+FFFD stands where a character could not be read';

const LINE_FEED = 0x0a;

/** Reads a text line by line in bounded memory, whatever the lines; a byte order mark at the start is left out. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxBytes = MAX_LINE_BYTES): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer): void => {
    // The byte beyond the bound is kept as well, since it tells that there is one.
    if (bytes <= maxBytes && part.length > 0) parts.push(part.subarray(0, maxBytes + 1 - bytes));
    bytes += part.length;
  };
  const finish = (broken: boolean): Line => {
    const [only] = parts;
    const line = toLine(number, parts.length === 1 && only ? only : Buffer.concat(parts), broken, maxBytes);
    number += 1;
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const given of chunks) {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      take(chunk.subarray(start, end));
      yield finish(true);
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  if (bytes > 0) yield finish(false);
}

function toLine(number: number, bytes: Buffer, broken: boolean, maxBytes: number): Line {
  const decoded = bytes.toString('utf8', 0, Math.min(bytes.length, maxBytes));
  const marked = number === 1 && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  if (bytes.length > maxBytes) return { number, text: marked, ending: broken ? '\n' : '', problem: TOO_LONG };
  // Looked for in the text first, since hardly any line has one.
  const problem = marked.includes('\uFFFD') && !isUtf8(bytes) ? NOT_UTF8 : undefined;
  if (!marked.endsWith('\r')) return { number, text: marked, ending: broken ? '\n' : '', problem };
  return { number, text: marked.slice(0, -1), ending: broken ? '\r\n' : '', problem };
}
