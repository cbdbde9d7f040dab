import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import zlib from 'node:zlib';
import { describeFileTrouble } from './file-error.js';
import { unpack, type Unpacker } from './unpack.js';
import { UsageError } from './usage-error.js';

/** A file to read records from, or standard input. */
export interface Input {
  /** Path as given; `-` is standard input. */
  readonly path: string;
  /** Size and time of change, by which a resumed run sees that it is the same file; only a regular file has them. */
  readonly identity: { readonly bytes: number; readonly modifiedMs: number } | undefined;
  readonly format: 'ndjson' | 'csv';
  readonly compression: Compression | undefined;
}

/** Format of records; `auto` goes by the file's name. */
export type FormatOption = 'auto' | 'ndjson' | 'csv';

type Compression = 'gzip' | 'zstd';

const MAGIC: readonly (readonly [bytes: Buffer, compression: Compression])[] = [
  [Buffer.from([0x1f, 0x8b]), 'gzip'],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'zstd'],
];

/**
 * Looks at inputs without keeping them open.
 *
 * @throws {UsageError} if one cannot be read here, or its format cannot be told from its name.
 */
export async function describeInputs(paths: readonly string[], format: FormatOption): Promise<Input[]> {
  if (paths.filter((path) => path === '-').length > 1) throw new UsageError('standard input (-) can be read once only');
  return Promise.all(paths.map((path) => describeInput(path, format)));
}

async function describeInput(path: string, format: FormatOption): Promise<Input> {
  const told = format === 'auto' ? formatOf(path) : format;
  if (told === undefined) {
    const hint = path === '-' ? 'standard input' : path;
    throw new UsageError(
      `cannot tell the format of ${hint}: name it .ndjson, .jsonl or .csv, or give --format ndjson or --format csv`,
    );
  }
  if (path === '-') return { path, identity: undefined, format: told, compression: undefined };
  try {
    const file = await stat(path);
    if (file.isDirectory()) throw new UsageError(`${path} is a folder; name the files in it`);
    // A pipe (`<(zcat …)`, /dev/stdin) gives its bytes once only, so that nothing can be looked at beforehand.
    if (!file.isFile()) return { path, identity: undefined, format: told, compression: undefined };
    const compression = await findCompression(path);
    if (compression === 'zstd') createUnpacker(path, compression).destroy();
    return { path, identity: { bytes: file.size, modifiedMs: Math.floor(file.mtimeMs) }, format: told, compression };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`cannot read ${path}: ${describeFileTrouble(error)}`);
  }
}

function formatOf(path: string): 'ndjson' | 'csv' | undefined {
  const name = path.replace(/\.(?:gz|gzip|zst|zstd)$/i, '');
  if (/\.(?:ndjson|jsonl|ldjson|json)$/i.test(name)) return 'ndjson';
  if (/\.csv$/i.test(name)) return 'csv';
  return undefined;
}

/** By its content: a name may be wrong on either side, and what is unpacked on a download often keeps its name. */
async function findCompression(path: string): Promise<Compression | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead);
    return MAGIC.find(([magic]) => start.subarray(0, magic.length).equals(magic))?.[1];
  } finally {
    await file.close();
  }
}

/** An input that is being read. */
export interface OpenInput {
  /** Its bytes, unpacked. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of the file, as it is packed, that have been handed out; what was read ahead of that does not count. */
  readonly bytesTaken: () => number;
  /** Ends reading, also while a chunk is waited for. */
  readonly close: () => void;
}

/** Opens an input and unpacks it on the way. */
export function openInput({ path, compression }: Input): OpenInput {
  if (path === '-') return { chunks: process.stdin, bytesTaken: () => 0, close: () => void process.stdin.destroy() };
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const taken = compression === undefined ? takeSlices(file) : takeUnpacked(file, path, compression);
  return { ...taken, close: () => void file.destroy() };
}

type Taken = Pick<OpenInput, 'chunks' | 'bytesTaken'>;

// Few records each, since progress goes by them; the file itself is read in larger ones, which is quicker.
const SLICE_BYTES = 16 * 1024;

function takeSlices(file: AsyncIterable<Buffer>): Taken {
  let bytes = 0;
  async function* slices(): AsyncGenerator<Buffer> {
    for await (const chunk of file) {
      for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
        const slice = chunk.subarray(start, start + SLICE_BYTES);
        bytes += slice.length;
        yield slice;
      }
    }
  }
  return { chunks: slices(), bytesTaken: () => bytes };
}

function takeUnpacked(file: AsyncIterable<Buffer>, path: string, compression: Compression): Taken {
  let bytesBefore = 0;
  let member: Unpacker | undefined;
  const next = () => {
    bytesBefore += member?.bytesWritten ?? 0;
    return (member = createUnpacker(path, compression));
  };
  return { chunks: unpack(file, next), bytesTaken: () => bytesBefore + (member?.bytesWritten ?? 0) };
}

const UNPACKED_CHUNK = { chunkSize: 64 * 1024 };

function createUnpacker(path: string, compression: Compression): Unpacker {
  if (compression === 'gzip') return zlib.createGunzip(UNPACKED_CHUNK);
  if ('createZstdDecompress' in zlib) {
    return (zlib as { createZstdDecompress(options: object): Unpacker }).createZstdDecompress(UNPACKED_CHUNK);
  }
  throw new UsageError(
    `cannot unpack ${path}: this Node (${process.versions.node}) has no zstd, which takes 22.15, 23.8 or later; pipe it in instead, as with zstdcat`,
  );
}
