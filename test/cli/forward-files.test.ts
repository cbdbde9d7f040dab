import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { emulatedRun } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';

const isWindows = process.platform === 'win32';

describe('the files that forward writes', () => {
  it('are for their owner alone', async () => {
    const run = await emulatedRun();
    run.emulator.faults.add({ kind: 'status', status: 500, times: 1 });
    run.folder.write('a.ndjson', `${ndjson(numberedRecords(2))}nope\n`);
    // Everybody's, as far as the shell has a say.
    const wrapper = isWindows ? [] : ['sh', '-c', 'umask 0; exec "$0" "$@"'];
    await run.forward(['a.ndjson', '--attempts', '1'], { wrapper });
    const names = ['checkpoint', 'failed.ndjson', 'rejected.ndjson'].map((kind) => `a.ndjson.${kind}`);
    expect(readdirSync(run.folder.path).sort()).toEqual(['a.ndjson', ...names, 'projects.json']);
    if (isWindows) return;
    for (const name of names) expect(statSync(run.folder.at(name)).mode & 0o777, name).toBe(0o600);
  });

  it.each([
    ['a.ndjson.rejected.ndjson', []],
    ['a.ndjson.checkpoint', ['--restart']],
    ['elsewhere', ['--failed', 'elsewhere']],
  ])('are never somebody else’s through a link: %s', async (name, args) => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', 'nope\n');
    symlinkSync(run.folder.write('precious', 'precious\n'), run.folder.at(name));
    const { code, stderr } = await run.forward(['a.ndjson', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${name} is a symbolic link, which is not written to`);
    expect(readFileSync(run.folder.at('precious'), 'utf8')).toBe('precious\n');
    expect(run.emulator.counts.requests).toBe(0);
  });

  it('are not written over what somebody else has there', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', 'nope\n');
    run.folder.write('a.ndjson.rejected.ndjson', 'mine\n');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { code, stderr } = await run.forward(['a.ndjson']);
      expect([code, stderr]).toEqual([
        2,
        'error: a.ndjson.rejected.ndjson exists: move it away, name another file, or give --restart to write over it\n',
      ]);
    }
    expect(readFileSync(run.folder.at('a.ndjson.rejected.ndjson'), 'utf8')).toBe('mine\n');
  });

  it('can do without a checkpoint where there is no place for one, which is said', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1)));
    const { code, stderr } = await run.forward(['a.ndjson', '--checkpoint', 'none/a.checkpoint']);
    expect([code, stderr]).toEqual([
      2,
      'error: cannot write none/a.checkpoint: no such file or directory (ENOENT): name another place with --checkpoint, or give --no-checkpoint\n',
    ]);
  });

  it('say of each record through all rounds where it stood first', async () => {
    const { folder, forward } = await emulatedRun();
    folder.write('a.csv', `type,platform,deviceIdentifier\ncustom,android,__g1\ncustom,5" x,__g1\n`);
    await forward(['a.csv']);
    const [plain, raw] = folder.readJsonLines('a.csv.rejected.ndjson');
    expect(plain?.['error']).toMatchObject({ file: 'a.csv', line: 2 });
    expect(plain?.['error']).not.toHaveProperty('origin');
    // Their order has changed, and the row that could not be split is mended, up to its next mistake.
    folder.write('a.csv.rejected.ndjson', ndjson([{ ...raw, raw: 'custom,x,__g1' }, plain]));
    let file = 'a.csv.rejected.ndjson';
    for (const next of ['a.csv.rejected-2.ndjson', 'a.csv.rejected-3.ndjson']) {
      await forward([file]);
      expect(folder.readJsonLines(next).map(({ error }) => error)).toMatchObject([
        { file, line: 1, origin: { file: 'a.csv', line: 3 } },
        { file, line: 2, origin: { file: 'a.csv', line: 2 } },
      ]);
      file = next;
    }
  });

  it('are never its own inputs', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1)));
    const { code } = await run.forward(['a.ndjson', '--checkpoint', './a.ndjson', '--restart']);
    expect(code).toBe(2);
    expect(run.folder.readJsonLines('a.ndjson')).toHaveLength(1);
  });

  it('are refused with a reason where there is no such folder', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1)));
    const { code, stderr } = await run.forward(['a.ndjson', '--failed', 'none/failed.ndjson']);
    expect([code, stderr]).toEqual([2, 'error: cannot write none/failed.ndjson: no such file or directory (ENOENT)\n']);
    expect(run.emulator.counts.requests).toBe(0);
  });
});

// A limit on the size of files stands for a disk that is full: the write that goes beyond it fails in the same way.
describe.skipIf(isWindows)('a disk that is full', () => {
  const full = ['sh', '-c', 'ulimit -f 16; exec "$0" "$@"'];

  it('ends the run with what could not be written, in a sentence', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', 'nope\n'.repeat(300));
    const { code, stdout, stderr } = await run.forward(['a.ndjson'], { wrapper: full });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: cannot write a\.ndjson\.rejected\.ndjson: file too large \(EFBIG\)$/,
    );
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toContain('Broken off: ');
    for (const line of readFileSync(run.folder.at('a.ndjson.rejected.ndjson'), 'utf8').trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ raw: 'nope' });
  });

  it('costs nothing: with room again, the run goes on', async () => {
    const run = await emulatedRun();
    const records = numberedRecords(200).map((record, n) => (n % 2 === 0 ? record : flatRecord({ n })));
    run.folder.write('a.ndjson', ndjson(records));
    expect((await run.forward(['a.ndjson'], { wrapper: full })).code).toBe(1);
    expect((await run.forward(['a.ndjson'])).code).toBe(1);
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson')).toHaveLength(100);
    const delivered = new Set(run.emulator.received.map(({ params }) => params['n']));
    expect(delivered.size).toBe(100);
  });

  it('is noticed as well where it is the checkpoint that has no room', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(1_600)));
    const { code, stderr } = await run.forward(['a.ndjson'], { wrapper: full });
    expect([code, stderr]).toEqual([1, 'error: cannot write a.ndjson.checkpoint: file too large (EFBIG)\n']);
    expect((await run.forward(['a.ndjson'])).code).toBe(0);
    expect(new Set(run.emulator.received.map(({ params }) => params['n'])).size).toBe(1_600);
  });
});
