import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeInputs, openInput, type FormatOption } from '../../src/cli/open-input.js';
import { all } from './chunks.js';
import { workFolder } from './work-folder.js';

const zstdCompress = (zlib as { zstdCompressSync?: (text: string) => Buffer }).zstdCompressSync;

async function describeOne(path: string, format: FormatOption = 'auto') {
  const [input] = await describeInputs([path], format);
  if (input === undefined) throw new Error('there is none');
  return input;
}

async function contentOf(path: string): Promise<string> {
  return Buffer.concat(await all(openInput(await describeOne(path)).chunks)).toString();
}

describe('the format of an input', () => {
  it.each([
    ['a.ndjson', 'ndjson'],
    ['a.jsonl', 'ndjson'],
    ['A.JSON', 'ndjson'],
    ['a.csv', 'csv'],
    ['a.csv.gz', 'csv'],
    ['a.ndjson.zst', 'ndjson'],
    ['a.ndjson.failed.ndjson', 'ndjson'],
  ] as const)('goes by the name %s', async (name, format) => {
    const folder = workFolder();
    expect(await describeOne(folder.write(name, ''))).toMatchObject({ format });
  });

  it('can be given, and must be where no name tells it', async () => {
    const folder = workFolder();
    const path = folder.write('events.txt', '');
    expect(await describeOne(path, 'csv')).toMatchObject({ format: 'csv' });
    expect(await describeOne('-', 'ndjson')).toEqual({
      path: '-',
      format: 'ndjson',
      identity: undefined,
      compression: undefined,
    });
    await expect(describeOne(path)).rejects.toThrow(`cannot tell the format of ${path}`);
    await expect(describeOne('-')).rejects.toThrow('cannot tell the format of standard input');
  });
});

describe('an input', () => {
  it('is known by its size and its time of change', async () => {
    const folder = workFolder();
    const path = folder.write('a.csv', 'type\n');
    expect(await describeOne(path)).toMatchObject({
      identity: { bytes: 5, modifiedMs: Math.floor(statSync(path).mtimeMs) },
    });
  });

  it('is refused with a reason where it cannot be read', async () => {
    const folder = workFolder();
    mkdirSync(folder.at('folder.csv'));
    await expect(describeOne(folder.at('folder.csv'))).rejects.toThrow('is a folder');
    await expect(describeOne(folder.at('none.csv'))).rejects.toThrow('no such file or directory (ENOENT)');
    await expect(describeInputs(['-', '-'], 'csv')).rejects.toThrow('standard input (-) can be read once only');
  });

  it.skipIf(process.platform === 'win32')(
    'may be a pipe with a name, which is not looked into beforehand',
    async () => {
      const folder = workFolder();
      execFileSync('mkfifo', [folder.at('pipe')]);
      expect(await describeOne(folder.at('pipe'), 'ndjson')).toMatchObject({ identity: undefined });
    },
  );

  it('is unpacked by what it is, whatever its name says', async () => {
    const folder = workFolder();
    expect(await contentOf(folder.write('a.ndjson', zlib.gzipSync('packed\n')))).toBe('packed\n');
    expect(await contentOf(folder.write('b.ndjson.gz', 'plain\n'))).toBe('plain\n');
    expect(await contentOf(folder.write('c.ndjson.gz', ''))).toBe('');
  });

  it('is unpacked from zstd where this Node can, and refused with a reason where it cannot', async () => {
    const folder = workFolder();
    // What zstd makes of "hello\n".
    const packed = Buffer.from('28b52ffd240631000068656c6c6f0ad33f0d23', 'hex');
    const path = folder.write('a.ndjson.zst', zstdCompress?.('hello\n') ?? packed);
    if (zstdCompress !== undefined) expect(await contentOf(path)).toBe('hello\n');
    else await expect(describeOne(path)).rejects.toThrow(/has no zstd, which takes 22.15, 23.8 or later/);
  });

  it('counts the bytes of the file as it is packed', async () => {
    const folder = workFolder();
    const path = folder.write('a.ndjson.gz', zlib.gzipSync('x'.repeat(100_000)));
    const open = openInput(await describeOne(path));
    await all(open.chunks);
    expect(open.bytesTaken()).toBe(statSync(path).size);
  });
});
