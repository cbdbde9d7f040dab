import { expect, it } from 'vitest';
import { DiskModel } from './disk-model.js';
import type { SystemCall } from './system-call-trace.js';

/** A disk, and the calls on it; each takes a moment of its own unless it is told when it began. */
function disk(ignoreSync?: (name: string) => boolean) {
  const model = new DiskModel('/d', ignoreSync);
  let time = 0;
  const call = (name: string, rest: Partial<SystemCall>) => {
    time += 1;
    const none = { result: 0, fd: undefined, paths: [], data: undefined, number: 0, flags: '' };
    model.apply({ startedAt: time, endedAt: time, name, ...none, ...rest });
    return time;
  };
  return {
    open: (fd: number, name: string) => call('openat', { result: fd, paths: [`/d/${name}`], flags: 'O_CREAT' }),
    write: (fd: number, offset: number, text: string, result = text.length) =>
      call('pwrite64', { fd, number: offset, data: Buffer.from(text), result }),
    truncate: (fd: number, length: number) => call('ftruncate', { fd, number: length }),
    sync: (fd: number, name: string, startedAt?: number) =>
      call('fsync', { fd, paths: [`/d/${name}`], ...(startedAt !== undefined && { startedAt }) }),
    syncFolder: () => call('fsync', { fd: 99, paths: ['/d'] }),
    unlink: (name: string) => call('unlink', { paths: [`/d/${name}`] }),
    texts: (survival: 'none' | 'all' | 'some', random = Math.random) =>
      Object.fromEntries([...model.image(survival, random)].map(([name, content]) => [name, content.toString()])),
  };
}

it('keeps what was synced under a name that was synced, and may lose all else', () => {
  const { open, write, sync, syncFolder, texts } = disk();
  open(3, 'a');
  write(3, 0, 'one');
  expect(texts('none')).toEqual({});
  expect(texts('all')).toEqual({ a: 'one' });
  syncFolder();
  expect(texts('none')).toEqual({ a: '' });
  sync(3, 'a');
  write(3, 3, ' two');
  expect(texts('none')).toEqual({ a: 'one' });
  expect(texts('all')).toEqual({ a: 'one two' });
});

it('counts a write as synced only if it had ended when the sync began', () => {
  const { open, write, sync, syncFolder, texts } = disk();
  open(3, 'a');
  syncFolder();
  const before = write(3, 0, 'old');
  write(3, 0, 'new');
  sync(3, 'a', before);
  expect(texts('none')).toEqual({ a: 'old' });
});

it('may bring back a name that was taken away, with what its file held, until its folder is synced', () => {
  const { open, write, sync, syncFolder, unlink, texts } = disk();
  open(3, 'a');
  write(3, 0, 'first');
  sync(3, 'a');
  syncFolder();
  unlink('a');
  open(4, 'a');
  write(4, 0, 'second');
  sync(4, 'a');
  expect(texts('none')).toEqual({ a: 'first' });
  expect(texts('all')).toEqual({ a: 'second' });
  syncFolder();
  expect(texts('none')).toEqual({ a: 'second' });
});

it('cuts and fills files, and writes no more than the call did', () => {
  const { open, write, truncate, texts } = disk();
  open(3, 'a');
  write(3, 0, 'abcdef', 4);
  truncate(3, 2);
  write(3, 4, 'x');
  expect(texts('all')).toEqual({ a: 'ab\0\0x' });
});

it('leaves some sectors of a write that was not synced, and not others', () => {
  const { open, write, syncFolder, texts } = disk();
  open(3, 'a');
  syncFolder();
  write(3, 0, 'x'.repeat(2_048));
  // Torn, then every other sector.
  const draws = [0.5, 0.1, 0.9, 0.1, 0.9];
  const { a = '' } = texts('some', () => draws.shift() ?? 0);
  expect([...a.matchAll(/x+|\0+/g)].map(([part]) => `${part[0] === 'x' ? 'x' : '0'} ${part.length}`)).toEqual([
    'x 512',
    '0 512',
    'x 512',
  ]);
});

it('can take the syncs of a file for nothing', () => {
  const { open, write, sync, syncFolder, texts } = disk((name) => name === 'a');
  open(3, 'a');
  syncFolder();
  write(3, 0, 'one');
  sync(3, 'a');
  expect(texts('none')).toEqual({ a: '' });
});
