import { appendFileSync, existsSync, truncateSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { emulatedRun, PROJECTS, type EmulatedRun } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';

/** How often each record was recorded, by its parameter `n`. */
function timesOf({ emulator }: EmulatedRun): Map<number, number> {
  const times = new Map<number, number>();
  for (const { recorded, params } of emulator.received) {
    const n = Number(params['n']);
    if (recorded) times.set(n, (times.get(n) ?? 0) + 1);
  }
  return times;
}

function repeatsOf(run: EmulatedRun): number {
  return [...timesOf(run).values()].reduce((sum, times) => sum + times - 1, 0);
}

/** Waits until the emulator has seen some requests, so that a run is under way. */
async function underWay({ emulator }: EmulatedRun, requests = 60): Promise<void> {
  await vi.waitUntil(() => emulator.counts.requests >= requests, { timeout: 15_000, interval: 2 });
}

const IN_FLIGHT = 8;
/** What a kill may repeat: what was in flight, and the one whose answer was being read. */
const MAY_REPEAT = IN_FLIGHT + 1;
const LIMITS = ['--total', `${IN_FLIGHT}`] as const;

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'once (%s) ends the run in order, and the same command goes on where it stopped',
    async (signal) => {
      const run = await emulatedRun();
      run.folder.write('a.ndjson', `${ndjson(numberedRecords(1_200))}nope\n`);
      const first = run.startForward(['a.ndjson', ...LIMITS]);
      await underWay(run);
      first.child.kill(signal);
      const { code, stdout, stderr } = await first.ended;
      expect(code).toBe(130);
      expect(existsSync(run.folder.at('a.ndjson.checkpoint.lock'))).toBe(false);
      expect(stderr).toMatch(
        /Stopping: waiting for \d+ requests? in flight, 10 s at most\. Once more to stop at once\./,
      );
      expect(stdout).toMatch(/Interrupted: [^]*Run the same command again to go on where it stopped\./);
      const second = await run.forward(['a.ndjson', ...LIMITS]);
      expect(second.code).toBe(1);
      expect(second.stderr).toContain('Going on where the last run stopped.');
      expect(second.stdout).toContain('With earlier runs: 1200 delivered, 1 rejected, 0 failed');
      expect([timesOf(run).size, repeatsOf(run)]).toEqual([1_200, 0]);
    },
  );

  it('once begins no further request, however much was read ahead', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1_200)));
    run.emulator.faults.add({ kind: 'latency', ms: 300 });
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run, IN_FLIGHT);
    first.child.kill('SIGINT');
    await first.told('Stopping: waiting for 8 requests in flight');
    const begun = run.emulator.counts.requests;
    const { code, stdout } = await first.ended;
    expect(code).toBe(130);
    expect(run.emulator.counts.requests).toBe(begun);
    expect(stdout).toContain(`${begun} delivered, 0 rejected, 0 failed`);
    run.emulator.faults.clear();
    expect((await run.forward(['a.ndjson', ...LIMITS])).code).toBe(0);
    expect([timesOf(run).size, repeatsOf(run)]).toEqual([1_200, 0]);
  });

  it('loses no count of what is not certain about the deliveries before it', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(600)));
    run.emulator.faults.add({ kind: 'empty_200', times: 3 });
    run.emulator.faults.add({ kind: 'reset_after', recorded: true, times: 2 });
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run, 200);
    first.child.kill('SIGKILL');
    await first.ended;
    run.emulator.faults.add({ kind: 'empty_200', times: 4 });
    const doubts = [/^2 deliveries may be there twice/m, /^7 deliveries came without the word "success"$/m];
    for (const { stdout } of [await run.forward(['a.ndjson']), await run.forward(['a.ndjson'])])
      for (const told of doubts) expect(stdout).toMatch(told);
  });

  it('twice ends it at once, and no more is repeated than was in flight', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(600)));
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run);
    // Recorded, and never answered: as far as the run knows, in flight.
    run.emulator.faults.add({ kind: 'hang', recorded: true });
    await vi.waitUntil(() => run.emulator.counts.faults === IN_FLIGHT, { timeout: 15_000, interval: 2 });
    first.child.kill('SIGINT');
    await first.told('Once more to stop at once.');
    first.child.kill('SIGINT');
    const { code, stdout } = await first.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/Interrupted: [^]*Run the same command again to go on where it stopped\./);
    expect(existsSync(run.folder.at('a.ndjson.checkpoint.lock'))).toBe(false);
    run.emulator.faults.clear();
    expect((await run.forward(['a.ndjson', ...LIMITS])).code).toBe(0);
    expect(timesOf(run).size).toBe(600);
    expect(repeatsOf(run)).toBeLessThanOrEqual(MAY_REPEAT);
  });

  it('ends a run whose standard input never does', async () => {
    const run = await emulatedRun();
    const first = run.startForward(['-', '--format', 'ndjson']);
    first.child.stdin.write(`${ndjson(numberedRecords(5))}{"half a line`);
    await underWay(run, 5);
    first.child.kill('SIGINT');
    const { code, stdout } = await first.ended;
    expect(code).toBe(130);
    expect(stdout).toContain('5 delivered, 0 rejected, 0 failed');
    expect(stdout).toContain('it took on everything up to line 5 of -, and nothing behind it');
  });
});

describe('two runs at once', () => {
  it('do not send everything twice: the second is refused, whatever it asks for', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1_200)));
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run);
    // So that the first cannot come to its end meanwhile.
    run.emulator.faults.add({ kind: 'hang' });
    await vi.waitUntil(() => run.emulator.counts.faults === IN_FLIGHT, { timeout: 15_000, interval: 2 });
    const { requests } = run.emulator.counts;
    for (const more of [[], ['--restart']]) {
      const { code, stderr } = await run.forward(['a.ndjson', ...LIMITS, ...more]);
      expect(code).toBe(2);
      expect(stderr).toContain(`process ${first.child.pid} on`);
      expect(stderr).toContain('holds a.ndjson.checkpoint.lock');
    }
    expect(run.emulator.counts.requests).toBe(requests);
  });

  it('that want to go on from a killed one do not either', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(600)));
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(run.folder.at('a.ndjson.checkpoint.lock'))).toBe(true);
    const ends = await Promise.all([1, 2, 3, 4].map(() => run.forward(['a.ndjson', ...LIMITS])));
    const codes = ends.map(({ code }) => code);
    expect(codes).toContain(0);
    // One that comes late finds the run finished, or just at its end.
    expect(codes.filter((code) => code !== 0 && code !== 2)).toEqual([]);
    expect(timesOf(run).size).toBe(600);
    expect(repeatsOf(run)).toBeLessThanOrEqual(MAY_REPEAT);
    expect(existsSync(run.folder.at('a.ndjson.checkpoint.lock'))).toBe(false);
  });
});

describe('the summary of a run that goes on', () => {
  it('is of all runs, by project and by reason', async () => {
    const run = await emulatedRun();
    const records = numberedRecords(600).map((record, n) => ({
      ...record,
      projectId: PROJECTS[n % 2],
      ...(n % 10 === 9 && { platform: '' }),
    }));
    run.folder.write('a.ndjson', ndjson(records));
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run);
    first.child.kill('SIGKILL');
    await first.ended;
    const { code, stdout } = await run.forward(['a.ndjson', ...LIMITS, '--json']);
    expect(code).toBe(1);
    const report = JSON.parse(stdout) as { totals: object; earlier: { delivered: number }; byReason: object };
    expect(report.earlier.delivered).toBeGreaterThan(0);
    expect(report).toMatchObject({
      totals: { delivered: 540, rejected: 60, failed: 0 },
      byProject: {
        [PROJECTS[0]]: { delivered: 300, rejected: 0, failed: 0 },
        [PROJECTS[1]]: { delivered: 240, rejected: 60, failed: 0 },
      },
    });
    expect(Object.values(report.byReason)).toEqual([60]);
  });
});

describe('a kill', () => {
  it('of a run that reads standard input with a checkpoint can be gone on from', async () => {
    const run = await emulatedRun();
    const input = ndjson(numberedRecords(600));
    const args = ['-', '--format', 'ndjson', '--checkpoint', 'mine.checkpoint', ...LIMITS];
    const first = run.startForward(args);
    first.child.stdin.write(input);
    await underWay(run);
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await run.forward(args, { input })).code).toBe(0);
    expect(timesOf(run).size).toBe(600);
    expect(repeatsOf(run)).toBeLessThanOrEqual(MAY_REPEAT);
  });

  it('leaves the records that came back each once', async () => {
    const run = await emulatedRun();
    const records = numberedRecords(600).map((record, n) => (n % 3 === 0 ? { ...record, platform: '' } : record));
    run.folder.write('a.ndjson', ndjson(records));
    const first = run.startForward(['a.ndjson', ...LIMITS]);
    await underWay(run);
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await run.forward(['a.ndjson', ...LIMITS])).code).toBe(1);
    const numbers = run.folder
      .readJsonLines('a.ndjson.rejected.ndjson')
      .map(({ params }) => (params as { n: number }).n)
      .sort((one, other) => one - other);
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index * 3));
    expect(timesOf(run).size).toBe(400);
  });
});

describe('a run that came to its end', () => {
  it.each([
    ['all delivered', '', 0, ''],
    [
      'some rejected',
      'nope\n',
      1,
      'Give "forward a.ndjson.rejected.ndjson …" for what was rejected, once it is mended. ',
    ],
  ])('says so with the same summary and exit code, and sends nothing: %s', async (_, more, exitCode, advice) => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)) + more);
    const first = await run.forward(['a.ndjson', '--json']);
    const { totals, byProject, byReason, files } = JSON.parse(first.stdout) as Record<string, unknown>;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const again = await run.forward(['a.ndjson', '--json']);
      expect([first.code, again.code]).toEqual([exitCode, exitCode]);
      expect(again.stderr).toBe(
        'a.ndjson.checkpoint says that this run had finished already: nothing was sent.\n' +
          `${advice}--restart sends everything again, also what was delivered (3 events would be sent twice).\n`,
      );
      expect(JSON.parse(again.stdout)).toMatchObject({ finishedAlready: true, totals, byProject, byReason, files });
    }
    expect((await run.forward(['a.ndjson'])).stdout).toContain(
      `Finished already: 3 delivered, ${exitCode} rejected, 0 failed`,
    );
    expect(run.emulator.counts.requests).toBe(3);
  });

  it('names the file of what had no credentials before it speaks of sending all again', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson([flatRecord(), flatRecord({ projectId: 'UNKNOWN-1' })]));
    const first = await run.forward(['a.ndjson']);
    expect(first.stdout).toContain(
      'a.ndjson.failed.ndjson (add the credentials that were missing and forward that file, not the whole input again)',
    );
    expect((await run.forward(['a.ndjson'])).stderr).toContain(
      'Give "forward a.ndjson.failed.ndjson …" for what failed, once the credentials that were missing are there. ' +
        '--restart sends everything again, also what was delivered (1 event would be sent twice).',
    );
  });

  it('is sent again with --restart', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', `${ndjson(numberedRecords(3))}nope\n`);
    await run.forward(['a.ndjson']);
    expect((await run.forward(['a.ndjson', '--restart'])).code).toBe(1);
    expect(repeatsOf(run)).toBe(3);
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson')).toHaveLength(1);
  });

  it('leaves no trace with --no-checkpoint, and is sent again', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)));
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect((await run.forward(['a.ndjson', '--no-checkpoint'])).code).toBe(0);
    expect(existsSync(run.folder.at('a.ndjson.checkpoint'))).toBe(false);
    expect(repeatsOf(run)).toBe(3);
  });
});

describe('a file that has changed between runs', () => {
  it('is refused, unless it is said that its records are in their places', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)));
    await run.forward(['a.ndjson']);
    appendFileSync(run.folder.at('a.ndjson'), ndjson([flatRecord({ params: { n: 3 } })]));
    const refused = await run.forward(['a.ndjson']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^error: a\.ndjson has changed since a\.ndjson\.checkpoint was written: give --accept-changed/,
    );
    expect((await run.forward(['a.ndjson', '--accept-changed'])).code).toBe(0);
    expect([timesOf(run).size, repeatsOf(run)]).toEqual([4, 0]);
  });

  it('can be one that was damaged: what could be read was sent, and the rest is once it is mended', async () => {
    const run = await emulatedRun();
    const whole = zlib.gzipSync(ndjson(numberedRecords(1_500)), { level: 0 });
    run.folder.write('a.ndjson.gz', whole);
    truncateSync(run.folder.at('a.ndjson.gz'), 150_000);
    const first = await run.forward(['a.ndjson.gz']);
    expect(first.code).toBe(1);
    expect(first.stderr).toBe('error: cannot read a.ndjson.gz: unexpected end of file (Z_BUF_ERROR)\n');
    expect(first.stdout).toMatch(/Broken off: \d+ records .* 0 rejected, 0 failed/);
    const read = timesOf(run).size;
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(1_500);
    run.folder.write('a.ndjson.gz', whole);
    expect((await run.forward(['a.ndjson.gz', '--accept-changed'])).code).toBe(0);
    expect([timesOf(run).size, repeatsOf(run)]).toEqual([1_500, 0]);
  });
});
