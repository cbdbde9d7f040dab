import { PackedSource } from './packed-source.js';
import type { Transform } from 'node:stream';

/** Something of `node:zlib` that unpacks. */
export type Unpacker = Transform & {
  /** Packed bytes that it has made use of. */
  readonly bytesWritten: number;
};

/**
 * Unpacks a file of one or more packed members, one behind the other, as `cat a.gz b.gz` makes them; gzip may have
 * zero bytes between and behind them.
 *
 * Node's own streams stop without a word behind the first frame of zstd (before Node 26), where one breaks off (before 24)
 * and at zero bytes. Here everything is unpacked, or there is an error.
 */
export async function* unpack(packed: AsyncIterable<Buffer>, createUnpacker: () => Unpacker): AsyncGenerator<Buffer> {
  const source = new PackedSource(packed);
  while (await source.hasMember()) yield* unpackMember(source, createUnpacker());
}

async function* unpackMember(source: PackedSource, unpacker: Unpacker): AsyncGenerator<Buffer> {
  const fed = feed(source, unpacker);
  for await (const part of unpacker) yield part as Buffer;
  const unused = await fed;
  if (unused === undefined) throw new Error('it breaks off');
  source.giveBack(unused);
}

/** Feeds an unpacker until it has had enough; gives what it left, undefined if it never had enough. */
async function feed(source: PackedSource, unpacker: Unpacker): Promise<Buffer | undefined> {
  let bytes = 0;
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
      bytes += chunk.length;
      // Also resolves at an error, which the unpacker's reader gets.
      await new Promise<void>((resolve) => unpacker.write(chunk, () => resolve()));
      const unused = bytes - unpacker.bytesWritten;
      if (unused > 0 || unpacker.destroyed) return chunk.subarray(chunk.length - unused);
    }
    unpacker.end();
  } catch (error) {
    unpacker.destroy(error as Error);
  }
  return undefined;
}
