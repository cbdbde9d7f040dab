import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/cli/read-lines.js';
import { all, chunksOf, cuts } from './chunks.js';

async function linesOf(content: string | Uint8Array, maxBytes?: number, cutAt: readonly number[] = []) {
  return all(readLines(chunksOf(content, cutAt), maxBytes));
}

async function textsOf(content: string | Uint8Array) {
  return (await linesOf(content)).map(({ text }) => text);
}

describe('lines of a text', () => {
  it('are counted from 1 and keep what breaks them', async () => {
    expect(await linesOf('a\r\n\nb\n')).toEqual([
      { number: 1, text: 'a', ending: '\r\n', problem: undefined },
      { number: 2, text: '', ending: '\n', problem: undefined },
      { number: 3, text: 'b', ending: '\n', problem: undefined },
    ]);
  });

  it('include a last one without a line break', async () => {
    expect(await linesOf('a\nb')).toMatchObject([
      { text: 'a', ending: '\n' },
      { text: 'b', ending: '' },
    ]);
  });

  it('are none in an empty text', async () => {
    expect(await textsOf('')).toEqual([]);
  });

  it('begin behind a byte order mark', async () => {
    expect(await textsOf('\uFEFFa\nb')).toEqual(['a', 'b']);
    expect(await textsOf('\uFEFF')).toEqual(['']);
  });

  it('keep NUL bytes and lone carriage returns', async () => {
    expect(await textsOf('a\0b\rc\nd')).toEqual(['a\0b\rc', 'd']);
  });

  it('say of what is not UTF-8 that it is not', async () => {
    const latin1 = Buffer.from('caf\xe9\nok\n', 'latin1');
    expect(await linesOf(latin1)).toMatchObject([
      { text: 'caf\uFFFD', problem: 'is not UTF-8: U+FFFD stands where a character could not be read' },
      { text: 'ok', problem: undefined },
    ]);
  });

  it('may hold U+FFFD where that is what the text says', async () => {
    expect(await linesOf('caf\uFFFD')).toMatchObject([{ text: 'caf\uFFFD', problem: undefined }]);
  });

  it('are cut where they are too long, which costs no other', async () => {
    expect(await linesOf(`${'x'.repeat(11)}\n${'y'.repeat(10)}\n`, 10)).toMatchObject([
      { text: 'x'.repeat(10), problem: 'the line is too long for a record' },
      { text: 'y'.repeat(10), problem: undefined },
    ]);
  });

  it('take no more memory than the bound, however long one is', async () => {
    let longest = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.alloc(1_000_000, 'x');
      for (let count = 0; count < 300; count += 1) {
        await Promise.resolve();
        longest = Math.max(longest, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
      yield Buffer.from('\nnext');
    }
    const before = process.memoryUsage().arrayBuffers;
    const lines = await all(readLines(endless()));
    expect(lines.map(({ number, text }) => [number, text.length])).toEqual([
      [1, 1_000_000],
      [2, 4],
    ]);
    expect(longest - before).toBeLessThan(50_000_000);
  });

  it('come back as they were written, however the bytes are cut', async () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replace(/\n|\r$|^\uFEFF/g, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.constantFrom('\n', '\r\n'), cuts, async (lines, ending, cutAt) => {
        const content = lines.map((text) => `${text}${ending}`).join('');
        const read = await linesOf(content, undefined, cutAt);
        expect(read.map(({ text }) => text)).toEqual(lines);
      }),
    );
  });

  it('come through behind any bytes whatsoever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), cuts, async (bytes, cutAt) => {
        const content = Buffer.concat([bytes, Buffer.from('\ngood\n')]);
        expect((await linesOf(content, 50, cutAt)).at(-1)).toMatchObject({ text: 'good', problem: undefined });
      }),
    );
  });
});
