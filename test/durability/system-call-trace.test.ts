import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../support/collect.js';
import { readTrace, type SystemCall } from './system-call-trace.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-trace-'));
});

afterAll(() => rm(folder, { recursive: true }));

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const fd = (number: number, path: string) => `${number}<${hex(path)}>`;

async function read(...lines: string[]): Promise<SystemCall[]> {
  const path = join(folder, 'trace');
  await writeFile(path, lines.map((line) => `${line}\n`).join(''));
  return (await collect(readTrace(path, '/d'))).items;
}

describe('a trace', () => {
  it('gives calls on the folder with their data, and leaves out the rest and what failed', async () => {
    const calls = await read(
      `7  openat(AT_FDCWD<${hex('/')}>, "${hex('/d/a')}", O_RDWR|O_CREAT, 0600) = 5<${hex('/d/a')}>`,
      `7  openat(AT_FDCWD<${hex('/')}>, "${hex('/d/b')}", O_RDONLY) = -1 ENOENT (No such file or directory)`,
      `7  pwrite64(${fd(5, '/d/a')}, "${hex('ab)=\n"')}", 6, 4096) = 6`,
      `7  pwrite64(${fd(6, '/elsewhere')}, "${hex('x')}", 1, 0) = 1`,
      `7  pwrite64(${fd(6, '/dir')}, "${hex('x')}", 1, 0) = 1`,
      `7  ftruncate(${fd(5, '/d/a')}, 3) = 0`,
      `7  unlink("${hex('/d/a')}")      = 0`,
      '7  +++ exited with 0 +++',
    );
    expect(calls).toMatchObject([
      { name: 'openat', paths: ['/d/a'], result: 5, flags: expect.stringContaining('O_CREAT') as string },
      { name: 'pwrite64', fd: 5, paths: ['/d/a'], data: Buffer.from('ab)=\n"'), number: 4096, result: 6 },
      { name: 'ftruncate', fd: 5, number: 3 },
      { name: 'unlink', paths: ['/d/a'] },
    ]);
  });

  it('puts calls together that another thread’s interrupted, with when they began and ended', async () => {
    const calls = await read(
      `7  fsync(${fd(5, '/d/a')} <unfinished ...>`,
      `8  pwrite64(${fd(5, '/d/a')}, "${hex('x')}", 1, 0 <unfinished ...>`,
      `7  <... fsync resumed>)              = 0`,
      `8  <... pwrite64 resumed>)           = 1`,
    );
    expect(calls).toMatchObject([
      { name: 'fsync', startedAt: 1, endedAt: 3 },
      { name: 'pwrite64', startedAt: 2, endedAt: 4, data: Buffer.from('x') },
    ]);
  });

  it('is refused where something about the folder would not be known', async () => {
    await expect(read(`7  fallocate(${fd(5, '/d/a')}, 0, 0, 4096) = 0`)).rejects.toThrow('fallocate');
    await expect(read(`7  pwrite64(${fd(5, '/d/a')}, "${hex('x')}"..., 1, 0) = 1`)).rejects.toThrow('cut off');
  });
});
