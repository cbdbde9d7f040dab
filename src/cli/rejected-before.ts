import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ReturnedFile } from './checkpoint-state.js';
import { inspectOutput } from './output-path.js';
import { UsageError } from './usage-error.js';

/** Records that an earlier run of the same files gave back. */
export interface RejectedBefore {
  /** The file as it is, to be added to; undefined if there is none. */
  readonly known: ReturnedFile | undefined;
  /** Whether a record is in it. */
  has(path: string, line: number): boolean;
}

/**
 * Reads which records a file of rejected ones holds, by the place that stands beside each, so that a run which is given again
 * adds what is new and writes over nothing.
 *
 * @throws {UsageError} if it is no such file, or somebody has begun to mend it.
 */
export async function readRejectedBefore(path: string): Promise<RejectedBefore> {
  if (!inspectOutput(path)) return { known: undefined, has: () => false };
  const places = new Set<string>();
  let bytes = 0;
  let lastByte: number | undefined = NEWLINE;
  const stream = createReadStream(path).on('data', (chunk) => {
    bytes += chunk.length;
    lastByte = Buffer.from(chunk).at(-1);
  });
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) places.add(placeOf(line, path));
  if (lastByte !== NEWLINE) throw foreign(path);
  return { known: { path, bytes }, has: (file, line) => places.has(JSON.stringify([file, line])) };
}

const NEWLINE = 0x0a;

function placeOf(text: string, path: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly file?: unknown; readonly line?: unknown } };
    if (typeof error?.file === 'string' && typeof error.line === 'number') {
      return JSON.stringify([error.file, error.line]);
    }
  } catch {
    // Said below, without what it holds.
  }
  throw foreign(path);
}

function foreign(path: string): UsageError {
  return new UsageError(
    `${path} exists and was changed or is not of this command: forward it if you have mended it, and move it away or name another --rejected`,
  );
}
