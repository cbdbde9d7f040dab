import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { InputRecord } from '../../src/cli/input-record.js';
import type { Input } from '../../src/cli/open-input.js';
import { RecordIds } from '../../src/cli/record-ids.js';
import { flatRecord } from './records.js';

const FILE: Input = { path: 'a', identity: { bytes: 1, modifiedMs: 1 }, format: 'ndjson', compression: undefined };
const STREAM: Input = { ...FILE, path: '-', identity: undefined };

function record(line: number, name: string, { path }: Input, id?: string): InputRecord {
  const source = flatRecord({ name });
  return { ordinal: 9, path, line, source, item: { event: source as never, id }, issues: [] };
}

async function idsOf(records: readonly InputRecord[], key = 'k', projectId = 'P'): Promise<(string | undefined)[]> {
  const ids = new RecordIds([FILE, STREAM], { keyOf: () => Promise.resolve(key) });
  return Readable.from(records)
    .map((each: InputRecord) => ids.idOf(each, projectId), { concurrency: 1 })
    .toArray() as Promise<(string | undefined)[]>;
}

describe('the id of a record without one', () => {
  it('is of its file, line, text and project', async () => {
    const [id] = await idsOf([record(1, 'x', FILE)]);
    expect(await idsOf([record(1, 'x', FILE)])).toEqual([id]);
    const others = await Promise.all([
      idsOf([record(1, 'x', FILE)], 'other'),
      idsOf([record(2, 'x', FILE)]),
      idsOf([record(1, 'y', FILE)]),
      idsOf([record(1, 'x', FILE)], 'k', 'Q'),
    ]);
    expect(new Set([id, ...others.flat()]).size).toBe(5);
  });

  it('is of all that came before it, in a stream', async () => {
    const [x, y] = await idsOf([record(1, 'x', STREAM), record(2, 'y', STREAM)]);
    expect(await idsOf([record(1, 'x', STREAM), record(2, 'y', STREAM)])).toEqual([x, y]);
    const [z, other] = await idsOf([record(1, 'z', STREAM), record(2, 'y', STREAM)]);
    expect(new Set([x, y, z, other]).size).toBe(4);
  });

  it('is its own where it has one, and its file is not looked at then', async () => {
    const ids = new RecordIds([FILE], { keyOf: () => Promise.reject(new Error('looked at')) });
    expect(await ids.idOf(record(1, 'x', FILE, 'own'), 'P')).toBe('own');
    await expect(ids.idOf(record(1, 'x', FILE), 'P')).rejects.toThrow('looked at');
  });
});
