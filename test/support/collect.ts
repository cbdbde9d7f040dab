import { isAttributionError, type AnyAttributionError } from '../../src/errors.js';

/** Takes everything out of an async iterable, and the error of ours with which it ends, if it does. */
export async function collect<Item>(
  items: AsyncIterable<Item>,
): Promise<{ readonly items: Item[]; readonly error: AnyAttributionError | undefined }> {
  const taken: Item[] = [];
  try {
    for await (const item of items) taken.push(item);
  } catch (error) {
    if (!isAttributionError(error)) throw error;
    return { items: taken, error };
  }
  return { items: taken, error: undefined };
}
