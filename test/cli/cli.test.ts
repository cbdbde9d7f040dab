import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { emulatedRun } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { CLI, runCli } from './run-cli.js';
import { workFolder } from './work-folder.js';

const run = (args: readonly string[]) => runCli(args, { cwd: workFolder().path });

describe('--help', () => {
  it.each([
    [[], ['forward', 'send', 'check', 'emulate']],
    [['forward'], ['--dry-run', '--checkpoint', '--restart', 'Exit code: 0', 'Examples:', 'CLEVERTAP_PROJECT_TOKEN']],
    [['send'], ['--record', 'Exit code: 0', 'Example:']],
    [['check'], ['--utm-policy', 'Exit code: 0']],
    [['emulate'], ['--fault', 'reset_after', 'Example:']],
  ])('of %j says what one wants to know', async (command, texts) => {
    const { code, stdout, stderr } = await run([...command, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const text of texts) expect(stdout).toContain(text);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(125);
  });

  it('shows examples that hold', async () => {
    const { stdout } = await run(['forward', '--help']);
    const record = /\{"type": "custom"[^]*?\}\}/.exec(stdout)?.[0].replace(/\n\s*/, ' ') ?? '';
    const folder = workFolder();
    folder.write('a.ndjson', `${record}\n`);
    expect((await runCli(['check', 'a.ndjson'], { cwd: folder.path })).code).toBe(0);
  });
});

describe('the exit code', () => {
  it('is 0 for the version, which is the package’s', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  it.each([
    [[], 'Usage: clevertap-attribution'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['forward'], "missing required argument 'files'"],
    [['forward', 'a.ndjson', '--frobnicate'], "unknown option '--frobnicate'"],
    [['forward', 'none.ndjson', '-p', 'x'], 'error: cannot read none.ndjson: no such file or directory (ENOENT)'],
    [['forward', 'events.txt'], 'error: cannot tell the format of events.txt'],
    [['forward', 'a.csv', '--delimiter', ''], 'must be one character'],
    [['forward', 'a.csv', '--delimiter', '"'], 'must be one character'],
    [['forward', 'a.csv', '--utm-policy', 'some'], 'Allowed choices are all, any'],
    [['forward', '-', '-', '--format', 'csv'], 'error: standard input (-) can be read once only'],
    [['forward', '-', '--format', 'csv', '-p', 'x'], 'error: there are no credentials to send with: name a file that'],
    [
      ['forward', '-', '--format', 'csv', '-p', 'x', '--outbox', 'box.db'],
      'error: there are no credentials to send with',
    ],
    [['outbox', 'drain', 'box.db', '-p', 'x'], 'error: there are no credentials to send with'],
    [['check'], "missing required argument 'files'"],
  ])('is 2 where the call is wrong: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  it('is 2 where the partner name is missing', async () => {
    const { folder } = await emulatedRun();
    const { code, stderr } = await runCli(['forward', '-', '--format', 'csv', '-c', 'projects.json'], {
      cwd: folder.path,
    });
    expect([code, stderr]).toEqual([
      2,
      'error: the partner name is missing: give --partner or set CLEVERTAP_PARTNER_NAME\n',
    ]);
  });

  it('is 0, 1 or 130 for a run, as the other tests have it, and 1 while an earlier run’s failures stand', async () => {
    const emulated = await emulatedRun();
    emulated.folder.write('a.ndjson', ndjson([{ ...flatRecord(), platform: '' }, ...numberedRecords(2)]));
    expect((await emulated.forward(['a.ndjson'])).code).toBe(1);
    expect((await emulated.forward(['a.ndjson', '--accept-changed'])).code).toBe(1);
  });
});

describe('--json', () => {
  it('makes a run’s summary one document, with notes on standard error alone', async () => {
    const emulated = await emulatedRun();
    emulated.folder.write('a.ndjson', `${ndjson(numberedRecords(4))}nope\n`);
    const { code, stdout, stderr } = await emulated.forward(['a.ndjson', '--json']);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      interrupted: false,
      problem: null,
      totals: { delivered: 4, rejected: 1, failed: 0 },
      byReason: { 'rejected: is not JSON: unexpected "o"': 1 },
      files: { rejected: 'a.ndjson.rejected.ndjson', checkpoint: 'a.ndjson.checkpoint' },
    });
    expect(stderr).toContain('a.ndjson:5: rejected');
  });

  it('has the problem that a run broke off at in it', async () => {
    const emulated = await emulatedRun();
    const { code, stdout } = await emulated.forward(['-', '--format', 'csv', '--json'], { input: 'type,naem\nx,y\n' });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ interrupted: true, problem: expect.stringContaining('naem') as string });
  });
});

describe('a reader that has seen enough', () => {
  it.skipIf(process.platform === 'win32')('ends a run of much output quietly', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson(numberedRecords(20_000)));
    const command = '"$0" "$1" forward a.ndjson --dry-run | head -n 2';
    const child = spawn('sh', ['-c', command, process.execPath, CLI], { cwd: folder.path });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await once(child, 'close');
    expect([out.trimEnd().split('\n').length, err]).toEqual([2, '']);
  });

  it.skipIf(process.platform === 'win32')('of the notes does not end a run', async () => {
    const emulated = await emulatedRun();
    emulated.folder.write('a.ndjson', `${'nope\n'.repeat(10)}${ndjson(numberedRecords(50))}`);
    const wrapper = ['sh', '-c', '"$0" "$@" 2>&1 >out.txt | true; cat out.txt'];
    const { stdout } = await emulated.forward(['a.ndjson'], { wrapper });
    expect(stdout).toContain('50 delivered, 10 rejected, 0 failed');
    expect(readFileSync(emulated.folder.at('a.ndjson.checkpoint'), 'utf8')).toContain('end;');
  });
});
