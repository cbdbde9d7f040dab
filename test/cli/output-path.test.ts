import { chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectOutput, refuseSameFile } from '../../src/cli/output-path.js';
import { workFolder } from './work-folder.js';

describe('a path that is going to be written', () => {
  it('may be there or not', () => {
    const folder = workFolder();
    expect(inspectOutput(folder.at('none'))).toBe(false);
    expect(inspectOutput(folder.write('some', ''))).toBe(true);
  });

  it('must be no link, dangling or not', () => {
    const folder = workFolder();
    symlinkSync(folder.write('target', ''), folder.at('link'));
    symlinkSync(folder.at('none'), folder.at('dangling'));
    for (const name of ['link', 'dangling'])
      expect(() => inspectOutput(folder.at(name))).toThrow(`${folder.at(name)} is a symbolic link`);
  });

  it('must be no folder and no device', () => {
    const folder = workFolder();
    mkdirSync(folder.at('folder'));
    expect(() => inspectOutput(folder.at('folder'))).toThrow('is no regular file');
    if (process.platform !== 'win32') expect(() => inspectOutput('/dev/null')).toThrow('is no regular file');
  });

  // Only root can give a file away.
  it.skipIf(process.geteuid?.() !== 0)('must be no other user’s', () => {
    const folder = workFolder();
    chownSync(folder.write('theirs', ''), 12_345, 12_345);
    expect(() => inspectOutput(folder.at('theirs'))).toThrow(`${folder.at('theirs')} belongs to another user`);
  });

  it('must be in a folder that is there', () => {
    const folder = workFolder();
    expect(() => inspectOutput(folder.at('none/x'))).toThrow(/^cannot write .*: no such file or directory \(ENOENT\)$/);
    folder.write('file', '');
    expect(() => inspectOutput(folder.at('file/x'))).toThrow(/^cannot write /);
  });
});

describe('the files of a run', () => {
  it('must all be different, however they are named', () => {
    const folder = workFolder();
    const input = folder.write('a.ndjson', '');
    symlinkSync(input, folder.at('link.ndjson'));
    const others = [folder.at('r'), folder.at('f')];
    refuseSameFile([input], others);
    for (const same of [input, relative('.', input), folder.at('./x/../a.ndjson'), folder.at('link.ndjson')])
      expect(() => refuseSameFile([input], [...others, same])).toThrow('is another file of this run');
    expect(() => refuseSameFile([], [folder.at('new'), relative('.', folder.at('new'))])).toThrow('another file');
    refuseSameFile([], [folder.at('no folder/a'), folder.at('no folder/b')]);
  });
});
