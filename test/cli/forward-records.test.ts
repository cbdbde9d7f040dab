import { onTestFinished, describe, expect, it, vi } from 'vitest';
import { baseUrlByRegion } from '../../src/cli/client-options.js';
import { readCredentials } from '../../src/cli/credentials-source.js';
import { forwardRecords, type ForwardRecordsOptions } from '../../src/cli/forward-records.js';
import { describeInputs } from '../../src/cli/open-input.js';
import { RecordReader } from '../../src/cli/record-reader.js';
import { closeRunFiles, openRunFiles, type RunFileOptions } from '../../src/cli/run-files.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator, watchedClient } from '../support/connected-client.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { workFolder } from './work-folder.js';

/** A run within this process. */
async function prepare(content: string, fileOptions: RunFileOptions = {}) {
  const folder = workFolder();
  const emulator = await canaryEmulator();
  const { client } = watchedClient<'all' | 'any'>({ baseUrl: baseUrlByRegion(emulator.baseUrl) });
  const inputs = await describeInputs([folder.write('a.ndjson', content)], 'auto');
  const reader = new RecordReader(inputs, ',');
  const credentials = readCredentials(folder.write('projects.json', JSON.stringify([canaryCredentials()])), {});
  const files = await openRunFiles(inputs, fileOptions);
  let isClosed = false;
  const close = async (complete: boolean) => {
    if (!isClosed) await closeRunFiles(files, complete);
    isClosed = true;
  };
  onTestFinished(() => close(false).catch(() => undefined));
  const stop = new AbortController();
  const troubles: number[] = [];
  const options: ForwardRecordsOptions = {
    ...files,
    records: reader.read(),
    client,
    credentials,
    onTrouble: ({ line }) => void troubles.push(line),
    stop: stop.signal,
    stopTimeoutMs: 20,
  };
  return { folder, emulator, reader, stop, files, tally: files.tally, troubles, options, close };
}

/** Stops a run in order, as Ctrl-C does. */
function stopRun({ stop, reader }: Awaited<ReturnType<typeof prepare>>): void {
  stop.abort();
  reader.close();
}

describe('records that are forwarded', () => {
  it('are booked in the tally, in the files of what comes back and in the checkpoint', async () => {
    const run = await prepare(`${ndjson(numberedRecords(3))}nope\n${ndjson([flatRecord({ projectId: 'UNKNOWN-1' })])}`);
    expect(await forwardRecords(run.options)).toBe(true);
    await run.close(true);
    expect(run.tally.totals).toEqual({ delivered: 3, rejected: 1, failed: 1 });
    expect(run.troubles.sort()).toEqual([4, 5]);
    expect(run.files.checkpoint?.state).toMatchObject({ tally: { totals: run.tally.totals }, complete: true });
    expect(run.files.checkpoint?.state.settled.mark).toBe(5);
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson')).toMatchObject([{ raw: 'nope', error: { line: 4 } }]);
    expect(run.folder.readJsonLines('a.ndjson.failed.ndjson')).toMatchObject([
      { projectId: 'UNKNOWN-1', error: { code: 'authentication', file: run.folder.at('a.ndjson'), line: 5 } },
    ]);
  });

  it('are rejected where they have mistakes, though their project has no credentials either', async () => {
    const wrong = flatRecord({ projectId: 'UNKNOWN-1', platform: '', deviceIdentifier: undefined });
    const run = await prepare(ndjson([wrong, flatRecord({ projectId: 'UNKNOWN-1' })]));
    expect(await forwardRecords(run.options)).toBe(true);
    await run.close(true);
    expect(run.tally.totals).toEqual({ delivered: 0, rejected: 1, failed: 1 });
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson')).toMatchObject([
      { error: { code: 'validation', issues: [{ path: ['deviceIdentifier'] }, { path: ['platform'] }], line: 1 } },
    ]);
    expect(run.folder.readJsonLines('a.ndjson.failed.ndjson')).toMatchObject([{ error: { line: 2 } }]);
  });

  it('are passed over where the checkpoint knows them', async () => {
    const run = await prepare(ndjson(numberedRecords(6)));
    for (const ordinal of [0, 1, 4]) run.files.checkpoint?.settle(ordinal, 'delivered');
    expect(await forwardRecords(run.options)).toBe(true);
    expect(run.emulator.received.map(({ params }) => params['n']).sort()).toEqual(['2', '3', '5']);
  });
});

describe('a run that is stopped', () => {
  it('gives up what takes too long, which has not ended for the checkpoint', async () => {
    const run = await prepare(ndjson(numberedRecords(50)));
    run.emulator.faults.add({ kind: 'empty_200', recorded: true, times: 5 });
    run.emulator.faults.add({ kind: 'hang' });
    const ended = forwardRecords(run.options);
    await vi.waitUntil(() => run.emulator.counts.requests === 15);
    stopRun(run);
    expect(await ended).toBe(false);
    expect(run.tally.totals).toEqual({ delivered: 5, rejected: 0, failed: 0 });
    expect(run.files.checkpoint?.state.tally.totals).toEqual(run.tally.totals);
  });

  it('without a checkpoint gives back as failed what it had taken on, each once', async () => {
    const run = await prepare(ndjson(numberedRecords(5_000)), { checkpoint: false });
    run.emulator.faults.add({ kind: 'empty_200', recorded: true, times: 5 });
    run.emulator.faults.add({ kind: 'status', status: 429, retryAfter: 100 });
    const ended = forwardRecords(run.options);
    await vi.waitUntil(() => run.emulator.counts.requests >= 15);
    stopRun(run);
    expect(await ended).toBe(false);
    await run.close(false);
    const { line } = run.reader.last ?? { line: 0 };
    expect(run.tally.totals).toEqual({ delivered: 5, rejected: 0, failed: line - 5 });
    const back = run.folder.readJsonLines('a.ndjson.failed.ndjson');
    expect(back[0]).toMatchObject({ error: { code: 'closed', message: 'given up: the run was stopped' } });
    const there = run.emulator.received.filter(({ recorded }) => recorded);
    const numbers = [...back, ...there].map(({ params }) => Number((params as { n: number | string }).n));
    expect(numbers.sort((one, other) => one - other)).toEqual(Array.from({ length: line }, (_, n) => n));
  });

  it('after its last record has ended has nothing to give up', async () => {
    const run = await prepare(ndjson(numberedRecords(5)), { checkpoint: false });
    expect(await forwardRecords(run.options)).toBe(true);
    stopRun(run);
    expect(run.tally.totals).toEqual({ delivered: 5, rejected: 0, failed: 0 });
  });
});

describe('trouble with a file', () => {
  it.each([
    ['found by this program', 'nope'],
    ['found by the client', flatRecord({ n: 1 })],
  ])('ends the run soon, whatever is in flight: with a bad record %s', async (_, bad) => {
    const run = await prepare(ndjson([...numberedRecords(3), bad, ...numberedRecords(30)]));
    run.emulator.faults.add({ kind: 'empty_200', recorded: true, times: 3 });
    run.emulator.faults.add({ kind: 'hang' });
    const failing = {
      add: () => {
        throw new Error('disk full');
      },
    };
    const broken = { ...run.options, rejected: failing as unknown as ForwardRecordsOptions['rejected'] };
    await expect(forwardRecords(broken)).rejects.toThrow('disk full');
    expect(run.tally.totals.delivered).toBeLessThanOrEqual(3);
  });

  it('of the checkpoint comes out as it is', async () => {
    const run = await prepare(`nope\n${ndjson(numberedRecords(30))}`);
    const { checkpoint } = run.files;
    if (checkpoint === undefined) throw new Error('there is none');
    checkpoint.beforeWrite = () => {
      throw new Error('disk full');
    };
    await expect(forwardRecords(run.options)).rejects.toThrow(`cannot write ${checkpoint.path}: disk full`);
  });
});
