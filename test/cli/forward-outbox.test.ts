import { setTimeout as pause } from 'node:timers/promises';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { emulatedRun, PROJECTS } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { runCli } from './run-cli.js';

const [first, second] = PROJECTS;

/** How often each of the numbered records has arrived. */
function arrivals(
  received: readonly { readonly outcome: string; readonly params: Readonly<Record<string, string>> }[],
) {
  const times = new Map<string, number>();
  for (const { outcome, params } of received) {
    if (outcome === 'recorded') times.set(params['n'] ?? '', (times.get(params['n'] ?? '') ?? 0) + 1);
  }
  return times;
}

async function prepare() {
  const run = await emulatedRun();
  const outbox = async (...args: string[]) => runCli(['outbox', ...args], { cwd: run.folder.path });
  return { ...run, outbox };
}

interface Summary {
  readonly totals: Record<string, number>;
  readonly byProject: Record<string, Record<string, number>>;
  readonly byReason: Record<string, number>;
  readonly outbox: Record<string, unknown>;
  readonly files: Record<string, string | null>;
}

function summaryOf({ stdout }: { readonly stdout: string }): Summary {
  return JSON.parse(stdout) as Summary;
}

describe('forward --outbox', () => {
  it('stores the records of files and delivers them, with the summary that it has without', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson([...numberedRecords(30), ...numberedRecords(10, { projectId: second })]));
    const { code, stdout } = await forward(['a.ndjson', '--outbox', 'box.db']);
    expect(code).toBe(0);
    expect(stdout).toContain('This run: 40 events in ');
    expect(stdout).toContain(': 40 delivered, 0 rejected, 0 failed, 0 waiting; 40 requests, 0 of them retries');
    expect(stdout).toContain('\nDone: 40 records read: 40 stored now, 0 had been stored before, 0 with mistakes\n');
    expect(stdout).toContain(`${first}         30         0       0        0`);
    expect(emulator.counts.recorded).toBe(40);
    // Neither a checkpoint nor a file of failed records.
    for (const name of ['a.ndjson.checkpoint', 'a.ndjson.failed.ndjson'])
      expect(existsSync(folder.at(name))).toBe(false);
  });

  it('sends nothing twice when it is given again', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(20)));
    await forward(['a.ndjson', '--outbox', 'box.db']);
    const again = await forward(['a.ndjson', '--outbox', 'box.db', '--json']);
    expect(again.code).toBe(0);
    expect(summaryOf(again)).toMatchObject({
      totals: { delivered: 0 },
      outbox: { added: 0, duplicates: 20, waiting: 0, dead: 0 },
    });
    expect(emulator.counts.requests).toBe(20);
  });

  it('refuses a file without ids that has changed, and sends none of it again', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(20)));
    await forward(['a.ndjson', '--outbox', 'box.db']);
    folder.write('a.ndjson', ndjson([flatRecord(), ...numberedRecords(20)]));
    const refused = await forward(['a.ndjson', '--outbox', 'box.db']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('Give the records ids');
    expect(emulator.counts.requests).toBe(20);
    expect(await forward(['a.ndjson', '--outbox', 'box.db', '--accept-changed'])).toMatchObject({ code: 0 });
    expect(emulator.counts.recorded).toBe(41);
  });

  it('goes on after it was killed: everything arrives, and nothing twice but what was out', async () => {
    const { emulator, folder, forward, startForward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(2_000)));
    const args = ['a.ndjson', '--outbox', 'box.db', '--total', '8', '--per-project', '8'];
    emulator.faults.add({ kind: 'latency', ms: 20 });
    const killed = startForward(args);
    await expect.poll(() => emulator.counts.recorded).toBeGreaterThan(50);
    killed.child.kill('SIGKILL');
    await killed.ended;
    emulator.faults.clear();
    // What was out at the kill is anybody's after the lease.
    expect(await forward(args)).toMatchObject({ code: 0 });
    const times = arrivals(emulator.received);
    expect(times.size).toBe(2_000);
    // So many of one project may be out: delivered, and not yet noted on the disk.
    expect([...times.values()].reduce((sum, count) => sum + count - 1, 0)).toBeLessThanOrEqual(32);
  }, 60_000);

  it('ends in order on Ctrl-C with 130, and goes on when it is given again', async () => {
    const { emulator, folder, forward, startForward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(1_000)));
    const args = ['a.ndjson', '--outbox', 'box.db', '--total', '4'];
    emulator.faults.add({ kind: 'latency', ms: 50 });
    const running = startForward(args);
    await running.told('had been stored before');
    await expect.poll(() => emulator.counts.recorded).toBeGreaterThan(8);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^\nInterrupted: /);
    expect(stdout).toMatch(/\d+ are still stored in box\.db: run the same command again to go on/);
    emulator.faults.clear();
    expect(await forward(args)).toMatchObject({ code: 0 });
    expect([...arrivals(emulator.received).values()]).toEqual(Array<number>(1_000).fill(1));
  }, 60_000);

  it('keeps the events of a project that fails, says so, and delivers them once its credentials are right', async () => {
    const { emulator, folder, forward, outbox } = await prepare();
    folder.write('a.ndjson', ndjson([...numberedRecords(50), ...numberedRecords(50, { projectId: second })]));
    emulator.faults.add({ kind: 'status', status: 401, projectId: second });
    const args = ['a.ndjson', '--outbox', 'box.db'];
    const failed = await forward([...args, '--json']);
    expect(failed.code).toBe(1);
    const { totals, byProject, byReason, outbox: left } = summaryOf(failed);
    expect(byProject[first]).toEqual({ delivered: 50, rejected: 0, failed: 0 });
    expect(left).toMatchObject({ added: 100, duplicates: 0, mistakes: 0, waiting: 50, dead: 0 });
    expect(totals['failed']).toBeGreaterThan(0);
    // Each event stands in one column.
    const waiting = (left['waitingByProject'] as Readonly<Record<string, number>>)[second] ?? 0;
    expect((totals['failed'] ?? 0) + waiting).toBe(50);
    expect(byReason['failed: authentication']).toBe(totals['failed']);
    const shown = await forward(args);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toContain('50 are still stored in box.db: run the same command again to go on, or see');
    const { ready, delayed } = JSON.parse((await outbox('status', 'box.db', '--json')).stdout) as Record<
      string,
      number
    >;
    expect((ready ?? 0) + (delayed ?? 0)).toBe(50);
    emulator.faults.clear();
    // Without waiting for the next probe.
    expect(await forward(args)).toMatchObject({ code: 0 });
    expect(emulator.counts.byProject).toMatchObject({ [first]: 50 });
    expect(emulator.counts.recorded).toBe(100);
  });

  it('ends while a region is in trouble for longer than the deadline, and keeps what is left', async () => {
    const { emulator, folder, forward } = await prepare();
    // More than it takes to use up the region's retries.
    folder.write('a.ndjson', ndjson(numberedRecords(300)));
    emulator.faults.add({ kind: 'status', status: 503 });
    const { code, stdout, stderr } = await forward(['a.ndjson', '--outbox', 'box.db', '--deadline', '1', '--json']);
    expect(code).toBe(1);
    expect(summaryOf({ stdout })).toMatchObject({ totals: { delivered: 0 }, outbox: { added: 300, waiting: 300 } });
    expect(stderr).toContain('has delivered nothing for 1 s (--deadline): its events stay stored for the next run.');
  }, 60_000);

  it('waits for what fails for a reason that passes, and leaves it stored if it lasts longer than --deadline', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(5)));
    emulator.faults.add({ kind: 'status', status: 503 });
    const lasting = await forward(['a.ndjson', '--outbox', 'box.db', '--attempts', '1', '--deadline', '1', '--json']);
    expect(lasting.code).toBe(1);
    // A last attempt may have been cut short by the same deadline.
    expect(summaryOf(lasting)).toMatchObject({
      totals: { failed: 5 },
      outbox: { waiting: 5 },
      byReason: { 'failed: service_unavailable': expect.any(Number) as unknown },
    });
    void pause(1_500).then(() => emulator.faults.clear());
    const passing = await forward(['a.ndjson', '--outbox', 'box.db', '--attempts', '1', '--json']);
    expect(summaryOf(passing)).toMatchObject({ totals: { delivered: 5, failed: 0 }, outbox: { waiting: 0 } });
    expect(passing.code).toBe(0);
  }, 60_000);

  it('ends with 1 as long as there are dead letters', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(3)));
    emulator.faults.add({ kind: 'status', status: 404, times: 1 });
    const { code, stdout } = await forward(['a.ndjson', '--outbox', 'box.db']);
    expect(code).toBe(1);
    expect(stdout).toContain(': 2 delivered, 1 rejected, 0 failed');
    expect(stdout).toContain('1 is a dead letter: see clevertap-attribution outbox dead box.db');
    expect(await forward(['a.ndjson', '--outbox', 'box.db'])).toMatchObject({ code: 1 });
  });

  it('gives records with mistakes back, each once however often it is run, and writes over nothing', async () => {
    const { folder, forward } = await prepare();
    const args = ['a.ndjson', '--outbox', 'box.db'];
    folder.write('a.ndjson', `${ndjson([flatRecord({ params: { n: 0 } }), flatRecord({ platform: undefined })])}{"x\n`);
    const { code, stdout, stderr } = await forward(args);
    expect(code).toBe(1);
    expect(stdout).toContain(': 1 delivered, 2 rejected, 0 failed');
    expect(stdout).toContain('a.ndjson.rejected.ndjson');
    expect(stderr).toContain('a.ndjson:2: rejected: ');
    const path = folder.at('a.ndjson.rejected.ndjson');
    const returned = readFileSync(path, 'utf8');
    expect(
      folder
        .readJsonLines('a.ndjson.rejected.ndjson')
        .map((line) => (line['error'] as { line: number }).line)
        .sort(),
    ).toEqual([2, 3]);
    expect(await forward(args)).toMatchObject({ code: 1 });
    expect(readFileSync(path, 'utf8')).toBe(returned);

    // Somebody has begun to mend it.
    const mended = ndjson([flatRecord()]);
    for (const text of [mended, mended.trimEnd(), returned.trimEnd()]) {
      writeFileSync(path, text);
      const refused = await forward(args);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('a.ndjson.rejected.ndjson exists');
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it.each([['--checkpoint', 'x'], ['--no-checkpoint'], ['--failed', 'x'], ['--restart']])(
    'refuses %s',
    async (...args) => {
      const { folder, forward } = await prepare();
      folder.write('a.ndjson', ndjson(numberedRecords(1)));
      const { code, stderr } = await forward(['a.ndjson', '--outbox', 'box.db', ...args]);
      expect(code).toBe(2);
      expect(stderr).toContain(`--outbox and ${args[0]} exclude each other`);
      expect(existsSync(folder.at('box.db'))).toBe(false);
    },
  );

  it('reads standard input, and neither stores nor prints a secret', async () => {
    const { emulator, folder, forward } = await prepare();
    const input = ndjson(numberedRecords(10));
    const run = await forward(['-', '--format', 'ndjson', '--outbox', 'box.db'], { input });
    expect(run.code).toBe(0);
    expect(emulator.counts.recorded).toBe(10);
    expect(canariesIn(readFileSync(folder.at('box.db'), 'latin1'))).toEqual([]);
  });

  it('gives back events whose requests would be too long, rather than store what nobody can send', async () => {
    const { folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson([...numberedRecords(1), flatRecord({ params: { n: 'x'.repeat(20_000) } })]));
    const { code, stdout } = await forward(['a.ndjson', '--outbox', 'box.db', '--json']);
    expect(code).toBe(1);
    expect(summaryOf({ stdout })).toMatchObject({
      totals: { delivered: 1, rejected: 1 },
      outbox: { added: 1, mistakes: 1, dead: 0 },
      files: { rejected: 'a.ndjson.rejected.ndjson' },
    });
    expect(folder.readJsonLines('a.ndjson.rejected.ndjson')).toMatchObject([
      {
        error: { code: 'validation', message: expect.stringContaining('bytes of path and query') as unknown, line: 2 },
      },
    ]);
  });

  it('keeps a second run of the same input out, which could not give its records with mistakes back', async () => {
    const { emulator, folder, forward, startForward } = await prepare();
    folder.write('a.ndjson', `${ndjson(numberedRecords(3))}{"x\n`);
    emulator.faults.add({ kind: 'latency', ms: 3_000_000 });
    const first = startForward(['a.ndjson', '--outbox', 'box.db']);
    await first.told('had been stored before');
    const second = await forward(['a.ndjson', '--outbox', 'box.db']);
    expect(second).toMatchObject({ code: 2, stdout: '' });
    expect(second.stderr).toContain('another run is using this file of rejected records');
    first.child.kill('SIGKILL');
    await first.ended;
    emulator.faults.clear();
    expect(await forward(['a.ndjson', '--outbox', 'box.db'])).toMatchObject({ code: 1 });
    expect(arrivals(emulator.received).size).toBe(3);
    expect(existsSync(folder.at('a.ndjson.rejected.ndjson.lock'))).toBe(false);
  }, 60_000);

  it('ends with 2 before anything has begun if the outbox cannot be opened', async () => {
    const { emulator, folder, forward } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(3)));
    folder.write('other.db', 'no outbox, and longer than the header of an SQLite file: '.repeat(20));
    for (const path of ['none/box.db', 'other.db']) {
      const { code, stdout, stderr } = await forward(['a.ndjson', '--outbox', path]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`error: cannot open the outbox ${path}: `);
      expect(existsSync(folder.at(`${path}.inputs`))).toBe(false);
    }
    expect(emulator.counts.requests).toBe(0);
  });

  it('stores nothing if an input cannot be opened', async () => {
    const { folder, forward, outbox } = await prepare();
    folder.write('a.ndjson', ndjson(numberedRecords(1_500)));
    const { code, stderr } = await forward(['a.ndjson', 'b.ndjson', '--outbox', 'box.db']);
    expect(code).toBe(2);
    expect(stderr).toContain('b.ndjson');
    expect(await outbox('status', 'box.db')).toMatchObject({ code: 2 });
  });
});
