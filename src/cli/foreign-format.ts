const STARTS: readonly (readonly [bytes: readonly number[], name: string])[] = [
  [[0xff, 0xfe], 'UTF-16 text; save it as UTF-8'],
  [[0xfe, 0xff], 'UTF-16 text; save it as UTF-8'],
  [[0x1f, 0x8b], 'gzip; unpack it on the way, as with zcat'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd; unpack it on the way, as with zstdcat'],
  [[0x50, 0x4b, 0x03, 0x04], 'a zip archive or a spreadsheet; save it as CSV'],
];

const LONGEST = 4;

/** What a text turns out to be that is none, by its first bytes, and what to do about it; undefined if it may be one. */
export function describeForeignFormat(bytes: Uint8Array): string | undefined {
  return STARTS.find(([start]) => start.every((byte, index) => bytes[index] === byte))?.[1];
}

/** Passes a text's chunks on, the first of them no shorter than what `describeForeignFormat` looks at. */
export async function* withWholeStart(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === undefined) yield chunk;
    else if (start.length + chunk.length < LONGEST) start = Buffer.concat([start, chunk]);
    else {
      yield start.length === 0 ? chunk : Buffer.concat([start, chunk]);
      start = undefined;
    }
  }
  if (start !== undefined && start.length > 0) yield start;
}
