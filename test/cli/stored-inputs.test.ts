import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeInputs } from '../../src/cli/open-input.js';
import { StoredInputs } from '../../src/cli/stored-inputs.js';
import { ndjson, numberedRecords } from './records.js';
import { workFolder } from './work-folder.js';

function prepare() {
  const folder = workFolder();
  const records = ndjson(numberedRecords(50));
  folder.write('box.db', '');
  folder.write('a.ndjson', records);
  const keyOf = async (name: string, acceptChanged = false) => {
    const [input] = await describeInputs([folder.at(name)], 'auto');
    if (input === undefined) throw new Error('no input');
    return new StoredInputs(folder.at('box.db'), acceptChanged).keyOf(input);
  };
  const noted = () => readFileSync(folder.at('box.db.inputs'), 'utf8');
  return { folder, records, keyOf, noted };
}

describe('what stands for a file', () => {
  it('is the same as long as the file is, also when that has grown, and is noted once', async () => {
    const { folder, records, keyOf, noted } = prepare();
    const key = await keyOf('a.ndjson');
    const before = noted();
    expect(await keyOf('a.ndjson')).toBe(key);
    expect(noted()).toBe(before);
    appendFileSync(folder.at('a.ndjson'), records);
    expect(await keyOf('a.ndjson')).toBe(key);
    appendFileSync(folder.at('a.ndjson'), records);
    expect(await keyOf('a.ndjson')).toBe(key);
    expect(statSync(folder.at('box.db.inputs')).mode & 0o777).toBe(0o600);
  });

  it('is another one for another file, whatever that holds', async () => {
    const { folder, keyOf } = prepare();
    const key = await keyOf('a.ndjson');
    copyFileSync(folder.at('a.ndjson'), folder.at('b.ndjson'));
    const other = await keyOf('b.ndjson');
    expect(other).not.toBe(key);
    expect(await keyOf('a.ndjson')).toBe(key);
    expect(await keyOf('b.ndjson')).toBe(other);
  });

  it('stays with a file that was moved, packed, or put aside for the next one of its name', async () => {
    const { folder, records, keyOf } = prepare();
    const key = await keyOf('a.ndjson');
    renameSync(folder.at('a.ndjson'), folder.at('b.ndjson'));
    expect(await keyOf('b.ndjson')).toBe(key);
    writeFileSync(folder.at('c.ndjson.gz'), gzipSync(records));
    rmSync(folder.at('b.ndjson'));
    expect(await keyOf('c.ndjson.gz')).toBe(key);
    renameSync(folder.at('c.ndjson.gz'), folder.at('old.ndjson.gz'));
    folder.write('c.ndjson.gz', gzipSync(ndjson(numberedRecords(3))));
    expect(await keyOf('old.ndjson.gz')).toBe(key);
    expect(await keyOf('c.ndjson.gz')).not.toBe(key);
  });

  it.each([
    ['has a line more at its top', (records: string) => ndjson(numberedRecords(1)) + records],
    ['has a line less at its end', (records: string) => records.slice(0, records.trimEnd().lastIndexOf('\n') + 1)],
    ['has a line changed', (records: string) => records.replace('"n":7', '"n":8')],
  ])('is refused to a file that %s, or is a new one if that is accepted', async (_, change) => {
    const { folder, records, keyOf } = prepare();
    const key = await keyOf('a.ndjson');
    folder.write('a.ndjson', change(records));
    await expect(keyOf('a.ndjson')).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(
        /a\.ndjson has records without an id, and has changed .*--accept-changed/,
      ) as unknown,
    });
    const accepted = await keyOf('a.ndjson', true);
    expect(accepted).not.toBe(key);
    expect(await keyOf('a.ndjson')).toBe(accepted);
    folder.write('a.ndjson', records);
    expect(await keyOf('a.ndjson')).toBe(key);
  });

  it('survives a line that a crash tore, and is forgotten with its outbox', async () => {
    const { folder, keyOf, noted } = prepare();
    const key = await keyOf('a.ndjson');
    appendFileSync(folder.at('box.db.inputs'), '{"key":"x","path":"/a');
    folder.write('b.ndjson', ndjson(numberedRecords(2)));
    const other = await keyOf('b.ndjson');
    appendFileSync(folder.at('b.ndjson'), ndjson(numberedRecords(2)));
    expect([await keyOf('a.ndjson'), await keyOf('b.ndjson')]).toEqual([key, other]);
    rmSync(folder.at('box.db'));
    folder.write('a.ndjson', ndjson(numberedRecords(5)));
    expect(await keyOf('a.ndjson')).not.toBe(key);
    expect(noted()).not.toContain(key);
  });
});
