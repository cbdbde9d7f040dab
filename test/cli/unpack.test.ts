import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpack, type Unpacker } from '../../src/cli/unpack.js';
import { chunksOf, cuts } from './chunks.js';

const zstd = zlib as unknown as {
  zstdCompressSync?: (bytes: Uint8Array) => Buffer;
  createZstdDecompress: () => Unpacker;
};

interface Packing {
  readonly name: string;
  readonly pack: (bytes: Uint8Array) => Buffer;
  readonly createUnpacker: () => Unpacker;
}

const PACKINGS: readonly Packing[] = [
  { name: 'gzip', pack: (bytes) => zlib.gzipSync(bytes), createUnpacker: () => zlib.createGunzip() },
  // Where this Node has it.
  ...(zstd.zstdCompressSync === undefined
    ? []
    : [{ name: 'zstd', pack: zstd.zstdCompressSync, createUnpacker: () => zstd.createZstdDecompress() }]),
];

// Random enough that it does not shrink to nothing.
const big = Buffer.from(Array.from({ length: 40_000 }, (_, index) => `${index} ${Math.sin(index)}`).join('\n'));

describe.each(PACKINGS)('$name', ({ name, pack, createUnpacker }) => {
  /** What came out before the end or the error. */
  async function unpackAll(packed: Uint8Array, cutAt: readonly number[] = []) {
    const parts: Buffer[] = [];
    let error: unknown;
    try {
      for await (const part of unpack(chunksOf(packed, cutAt) as AsyncGenerator<Buffer>, createUnpacker))
        parts.push(part);
    } catch (thrown) {
      error = thrown;
    }
    return { text: Buffer.concat(parts), error };
  }

  it('is unpacked whole, however the bytes are cut', async () => {
    const packed = pack(big);
    await fc.assert(
      fc.asyncProperty(cuts, async (cutAt) => {
        const { text, error } = await unpackAll(packed, cutAt);
        expect(error).toBeUndefined();
        expect(text.equals(big)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('is unpacked to its end where there are several members, and padding where there may be some', async () => {
    const [between, behind] =
      name === 'gzip' ? [Buffer.alloc(3), Buffer.alloc(700)] : [Buffer.alloc(0), Buffer.alloc(0)];
    const parts = [pack(Buffer.from('one\n')), between, pack(big), pack(Buffer.from('two\n')), behind];
    const expected = Buffer.concat([Buffer.from('one\n'), big, Buffer.from('two\n')]);
    await fc.assert(
      fc.asyncProperty(cuts, async (cutAt) => {
        const { text, error } = await unpackAll(Buffer.concat(parts), cutAt);
        expect(error).toBeUndefined();
        expect(text.equals(expected)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('is an error wherever it breaks off', async () => {
    const packed = pack(Buffer.from('one\ntwo\n'));
    for (let length = 1; length < packed.length; length += 1) {
      const { error } = await unpackAll(packed.subarray(0, length));
      expect(error, `${length} of ${packed.length} bytes`).toBeInstanceOf(Error);
    }
    const { text, error } = await unpackAll(pack(big).subarray(0, -100));
    expect(error).toBeInstanceOf(Error);
    expect(big.indexOf(text)).toBe(0);
  });

  it('is an error where the second of two members breaks off', async () => {
    const packed = Buffer.concat([pack(Buffer.from('one\n')), pack(Buffer.from('two\n')).subarray(0, -2)]);
    expect((await unpackAll(packed)).error).toBeInstanceOf(Error);
    expect((await unpackAll(packed, [packed.length - 4])).error).toBeInstanceOf(Error);
  });

  it('is an error where it is damaged', async () => {
    const packed = pack(big);
    packed.fill(0x55, 150_000, 150_020);
    const { text, error } = await unpackAll(packed);
    expect(error).toBeInstanceOf(Error);
    expect(text.length).toBeLessThan(big.length);
  });

  it('is an error where something else follows', async () => {
    const packed = Buffer.concat([pack(big), Buffer.from('and more')]);
    expect((await unpackAll(packed)).error).toBeInstanceOf(Error);
    expect((await unpackAll(packed, [packed.length - 8])).error).toBeInstanceOf(Error);
  });

  it('passes on trouble with the file', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield* chunksOf(pack(big).subarray(0, 1_000)) as AsyncGenerator<Buffer>;
      throw new Error('disk gone');
    }
    const read = async () => {
      for await (const part of unpack(failing(), createUnpacker)) expect(part).toBeDefined();
    };
    await expect(read()).rejects.toThrow('disk gone');
  });

  it('is let go of when its reader leaves', async () => {
    for await (const part of unpack(chunksOf(pack(big), [100, 200]) as AsyncGenerator<Buffer>, createUnpacker)) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
  });
});
