import fc from 'fast-check';

/** Gives a text's bytes in chunks, cut at the given positions. */
export async function* chunksOf(
  content: string | Uint8Array,
  cuts: readonly number[] = [],
): AsyncGenerator<Uint8Array, void> {
  const bytes = Buffer.from(content);
  const ends = [...cuts.map((cut) => (bytes.length === 0 ? 0 : cut % bytes.length)), bytes.length];
  let start = 0;
  for (const end of ends.sort((one, other) => one - other)) {
    // Each in a turn of its own, as from a file.
    await Promise.resolve();
    yield bytes.subarray(start, end);
    start = end;
  }
}

/** Positions to cut a text at. */
export const cuts = fc.array(fc.nat(), { maxLength: 12 });

/** Everything that an async iterable gives. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}
