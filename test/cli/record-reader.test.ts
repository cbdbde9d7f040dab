import { truncateSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { InputRecord } from '../../src/cli/input-record.js';
import { describeInputs } from '../../src/cli/open-input.js';
import { RecordReader } from '../../src/cli/record-reader.js';
import { all } from './chunks.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { workFolder } from './work-folder.js';

async function readerOf(...paths: string[]): Promise<RecordReader> {
  return new RecordReader(await describeInputs(paths, 'auto'), ',');
}

describe('the records of several inputs', () => {
  it('are counted through, with their own paths and lines', async () => {
    const folder = workFolder();
    const first = folder.write('a.ndjson', ndjson([flatRecord(), 'no record']));
    const second = folder.write('b.csv', 'type,name,deviceIdentifier,platform\n\ncustom,B,__g1,ios\n');
    const third = folder.write('c.ndjson.gz', zlib.gzipSync(ndjson([flatRecord()])));
    const records = await all((await readerOf(first, second, third)).read());
    expect(records.map(({ ordinal, path, line }) => [ordinal, path, line])).toEqual([
      [0, first, 1],
      [1, first, 2],
      [2, second, 3],
      [3, third, 1],
    ]);
    expect(records.map(({ item }) => item !== undefined)).toEqual([true, false, true, true]);
  });

  it('have something to give back, readable or not', async () => {
    const folder = workFolder();
    const path = folder.write('a.ndjson', `${ndjson([flatRecord({ projectId: 7 })])}nope\n`);
    expect(await all((await readerOf(path)).read())).toMatchObject([
      { source: flatRecord({ projectId: 7 }), item: undefined, issues: [{ path: ['projectId'] }] },
      { source: { raw: 'nope' }, item: undefined, issues: [{ path: [] }] },
    ]);
  });
});

describe('how far a reader is', () => {
  it('is the share of all bytes, known once the sizes are', async () => {
    const folder = workFolder();
    const first = folder.write('a.ndjson', ndjson(numberedRecords(10)));
    const second = folder.write('b.ndjson', ndjson(numberedRecords(30)));
    const reader = await readerOf(first, second);
    expect(reader.share).toBe(0);
    const shares: (number | undefined)[] = [];
    for await (const { path } of reader.read()) if (path === second) shares.push(reader.share);
    expect(shares[0]).toBeGreaterThan(0.2);
    expect(reader.share).toBe(1);
    expect(reader.count).toBe(40);
    expect(reader.last).toMatchObject({ path: second, line: 30 });
    expect((await readerOf('-').catch(() => undefined))?.share).toBeUndefined();
  });

  it.each([
    ['plain', 'a.ndjson', (text: string) => text],
    ['packed', 'a.ndjson.gz', (text: string) => zlib.gzipSync(text, { level: 0 })],
  ])('goes by the records that were read, not by what was read ahead of them: %s', async (_, name, pack) => {
    const folder = workFolder();
    const reader = await readerOf(folder.write(name, pack(ndjson(numberedRecords(3_000)))));
    for await (const { ordinal } of reader.read()) {
      if (ordinal % 500 !== 0) continue;
      expect((reader.share ?? 0) - ordinal / 3_000).toBeGreaterThan(-0.01);
      // What was unpacked comes in chunks of 64 KiB, an eighth of this file.
      expect((reader.share ?? 0) - ordinal / 3_000).toBeLessThan(name.endsWith('.gz') ? 0.2 : 0.05);
    }
  });

  it('is not known of empty files', async () => {
    const folder = workFolder();
    expect((await readerOf(folder.write('a.ndjson', ''))).share).toBeUndefined();
  });
});

describe('a look before anything is sent', () => {
  it.each([
    ['b.csv', 'type,naem\n', 'column "naem" is unknown', 'UsageError'],
    ['b.csv', 'type,platform\n', 'there is no column "deviceIdentifier", which every record must have', 'UsageError'],
    ['b.ndjson', Buffer.from('\uFEFF{}\n', 'utf16le'), 'is UTF-16 text; save it as UTF-8', 'UsageError'],
    ['b.csv', Buffer.from('PK\u0003\u0004rest'), 'is a zip archive or a spreadsheet; save it as CSV', 'UsageError'],
    ['b.ndjson', zlib.gzipSync(zlib.gzipSync('{}\n')), 'is gzip; unpack it on the way', 'UsageError'],
    ['b.ndjson', Buffer.from('1f8b0000', 'hex'), 'cannot read', 'FileError'],
  ])('finds what is wrong with the second file as a whole: %s %#', async (name, content, message, kind) => {
    const folder = workFolder();
    const path = folder.write(name, content);
    const reader = await readerOf(folder.write('a.ndjson', ndjson([flatRecord()])), path);
    await expect(reader.preflight()).rejects.toThrow(message);
    await expect(reader.preflight()).rejects.toThrow(path);
    await expect(reader.preflight()).rejects.toMatchObject({ name: kind });
  });

  it('takes no record away', async () => {
    const folder = workFolder();
    const reader = await readerOf(
      folder.write('a.csv', 'type,deviceIdentifier,platform\ncustom,__g1,ios\n'),
      folder.write('b.ndjson', 'nope\n'),
    );
    await reader.preflight();
    expect(await all(reader.read())).toHaveLength(2);
  });
});

describe('a reader', () => {
  it('says that a damaged file cannot be read to its end, once it has given what there was', async () => {
    const folder = workFolder();
    const path = folder.write('a.ndjson.gz', zlib.gzipSync(ndjson(numberedRecords(20_000)), { level: 0 }));
    truncateSync(path, 300_000);
    const records: InputRecord[] = [];
    const read = async () => {
      for await (const record of (await readerOf(path)).read()) records.push(record);
    };
    await expect(read()).rejects.toThrow(`cannot read ${path}: unexpected end of file`);
    expect(records.length).toBeGreaterThan(1_000);
    expect(records.every(({ item }) => item !== undefined)).toBe(true);
  });

  it('that is closed gives no more, as if the inputs ended', async () => {
    const folder = workFolder();
    const path = folder.write('a.ndjson', ndjson(numberedRecords(50_000)));
    const reader = await readerOf(path, path);
    let count = 0;
    for await (const record of reader.read()) {
      expect(record.item).toBeDefined();
      count += 1;
      if (count === 5) reader.close();
    }
    expect(count).toBeLessThan(50_000);
  });
});
