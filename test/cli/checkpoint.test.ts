import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Checkpoint } from '../../src/cli/checkpoint.js';
import { readState } from '../../src/cli/checkpoint-file.js';
import { emptyState } from '../../src/cli/checkpoint-state.js';
import type { Input } from '../../src/cli/open-input.js';
import { workFolder } from './work-folder.js';

const INPUTS: readonly Input[] = [
  { path: 'a.ndjson', identity: { bytes: 100, modifiedMs: 5 }, format: 'ndjson', compression: undefined },
];

const turn = () => new Promise((resolve) => setImmediate(resolve));

function begin(compactFromBytes?: number) {
  const folder = workFolder();
  const path = folder.at('checkpoint');
  return { folder, path, checkpoint: new Checkpoint(path, INPUTS, emptyState(), compactFromBytes) };
}

describe('a checkpoint', () => {
  it('is there from the start, for its owner alone, and leaves no other file behind', async () => {
    const { folder, path, checkpoint } = begin();
    expect(readdirSync(folder.path)).toEqual(['checkpoint']);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    await checkpoint.close(false);
  });

  it('has an entry in the file by the end of the callback in which the record was delivered', async () => {
    const { path, checkpoint } = begin();
    checkpoint.settle(0, 'delivered');
    checkpoint.settle(2, 'delivered');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect((await readState(path, INPUTS)).tally.totals.delivered).toBe(2);
    await checkpoint.close(false);
  });

  it('notes a record once', async () => {
    const { path, checkpoint } = begin();
    checkpoint.settle(0, 'delivered');
    checkpoint.settle(0, 'failed', { fileBytes: 10 });
    await checkpoint.close(false);
    expect((await readState(path, INPUTS)).tally.totals).toEqual({ delivered: 1, rejected: 0, failed: 0 });
  });

  it('has what entries speak of put on the disk before it writes them', async () => {
    const { path, checkpoint } = begin();
    const written: string[] = [];
    checkpoint.beforeWrite = () => written.push(readFileSync(path, 'utf8').split('\n').slice(1).join('\n'));
    checkpoint.beginFile('failed', 'f.ndjson');
    checkpoint.settle(0, 'failed', { projectId: 'P-1', reasons: ['failed: network'], fileBytes: 25 });
    await checkpoint.close(true);
    expect(written).toEqual(['f "f.ndjson";\n']);
    expect(await readState(path, INPUTS)).toMatchObject({
      returned: { failed: { path: 'f.ndjson', bytes: 25 } },
      complete: true,
    });
  });

  it('lets the run go on only while little is not on the disk', async () => {
    const { path, checkpoint } = begin();
    for (let ordinal = 0; ordinal < 5_000; ordinal += 1) {
      checkpoint.settle(ordinal, 'delivered');
      await checkpoint.room();
    }
    await checkpoint.close(false);
    expect((await readState(path, INPUTS)).settled.mark).toBe(5_000);
  });

  it('does not grow with the run, and says the same when it is written anew', async () => {
    const { folder, path, checkpoint } = begin(2_000);
    checkpoint.beginFile('rejected', 'r.ndjson');
    const reasons = ['rejected: name: is required'];
    for (let ordinal = 1; ordinal <= 20_000; ordinal += 1) {
      if (ordinal % 100 === 0)
        checkpoint.settle(ordinal, 'rejected', { projectId: 'P-1', reasons, fileBytes: ordinal });
      else checkpoint.settle(ordinal, 'delivered', { projectId: `P-${ordinal % 7}` });
      await checkpoint.room();
    }
    checkpoint.settle(0, 'delivered');
    await checkpoint.close(true);
    expect(statSync(path).size).toBeLessThan(50_000);
    expect(readdirSync(folder.path)).toEqual(['checkpoint']);
    const state = await readState(path, INPUTS);
    expect(state).toMatchObject({
      tally: {
        totals: { delivered: 19_801, rejected: 200, failed: 0 },
        byReason: [['rejected: name: is required', 200]],
      },
      returned: { rejected: { path: 'r.ndjson', bytes: 20_000 } },
      complete: true,
    });
    expect(state.settled.mark).toBe(20_001);
    expect(state.tally.byProject).toEqual(checkpoint.state.tally.byProject);
    expect(state.tally.byProject).toHaveLength(8);
  });

  it('keeps what is not certain about deliveries, that of earlier runs included, and not only at its end', async () => {
    const { folder, path, checkpoint } = begin();
    const counts = { maybeDuplicate: 0, unconfirmed: 0 };
    checkpoint.addDoubts(() => counts);
    Object.assign(counts, { maybeDuplicate: 2, unconfirmed: 1 });
    checkpoint.settle(0, 'delivered');
    await turn();
    const killed = await readState(path, INPUTS);
    expect(killed.doubts).toEqual({ maybeDuplicate: 2, unconfirmed: 1 });
    await checkpoint.close(false);
    const second = new Checkpoint(folder.at('again'), INPUTS, killed);
    second.addDoubts(() => ({ maybeDuplicate: 0, unconfirmed: 3 }));
    second.settle(1, 'delivered');
    await second.close(true);
    expect(await readState(folder.at('again'), INPUTS)).toMatchObject({
      doubts: { maybeDuplicate: 2, unconfirmed: 4 },
      complete: true,
    });
    const third = new Checkpoint(folder.at('third'), INPUTS, second.state);
    await third.close(true);
    expect((await readState(folder.at('third'), INPUTS)).doubts).toEqual(second.state.doubts);
  });

  it('says so when it cannot be begun', () => {
    const folder = workFolder();
    const open = () => new Checkpoint(folder.at('none/checkpoint'), INPUTS, emptyState());
    expect(open).toThrow(/^cannot write .*none.checkpoint: no such file or directory \(ENOENT\)$/);
  });

  it('gives trouble with what entries speak of out of the next call, and writes nothing more', async () => {
    const { path, checkpoint } = begin();
    checkpoint.beforeWrite = () => {
      throw new Error('disk full');
    };
    checkpoint.settle(0, 'failed', { fileBytes: 10 });
    await turn();
    expect(() => checkpoint.settle(1, 'delivered')).toThrow(`cannot write ${path}: disk full`);
    await expect(checkpoint.room()).rejects.toThrow('disk full');
    checkpoint.flush();
    await expect(checkpoint.close(true)).rejects.toThrow('disk full');
    expect(await readState(path, INPUTS)).toMatchObject({ tally: { totals: { failed: 0 } }, complete: false });
  });

  it('says so when it is in the way of being written anew', async () => {
    const { folder, checkpoint } = begin(10);
    rmSync(folder.path, { recursive: true });
    const run = async () => {
      for (let ordinal = 0; ordinal < 3_000; ordinal += 1) {
        checkpoint.settle(ordinal, 'delivered');
        await checkpoint.room();
      }
    };
    await expect(run()).rejects.toMatchObject({ name: 'FileError' });
    await expect(checkpoint.close(true)).rejects.toMatchObject({ name: 'FileError' });
  });
});
