import { describe, expect, it } from 'vitest';
import { flatRecord, ndjson } from './records.js';
import { runCli } from './run-cli.js';
import { workFolder } from './work-folder.js';

describe('check', () => {
  it('finds the mistakes of files without credentials, each with its line', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', `${ndjson([flatRecord(), flatRecord({ name: undefined })])}nope\n`);
    folder.write('b.csv', 'type,name,deviceIdentifier,platform\ncustom,B,__g1,android\ncustom,"B,__g1,android\n');
    const { code, stdout, stderr } = await runCli(['check', 'a.ndjson', 'b.csv'], { cwd: folder.path });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.split('\n')).toEqual([
      'a.ndjson:2: name: is required, a text that is not empty',
      'a.ndjson:3: is not JSON: unexpected "o"',
      'b.csv:3: a quote is opened and never closed',
      '5 records: 2 good, 3 with mistakes',
      '  1  custom: Add_to_cart',
      '  1  custom: B',
      '',
    ]);
  });

  it('has advice about device identifiers, which is no mistake', async () => {
    const folder = workFolder();
    folder.write(
      'a.ndjson',
      ndjson([flatRecord({ deviceIdentifier: '-g123' }), flatRecord({ deviceIdentifier: '-g4' })]),
    );
    const { code, stdout } = await runCli(['check', 'a.ndjson'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Odd, but no mistake:\n  2  device identifier looks like one made on ios, but the platform is android',
    );
  });

  it('goes by the UTM policy that it is given', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord({ type: 'organic_install', name: undefined, utmSource: 'x' })]));
    expect((await runCli(['check', 'a.ndjson'], { cwd: folder.path })).code).toBe(1);
    expect((await runCli(['check', 'a.ndjson', '--utm-policy', 'any'], { cwd: folder.path })).code).toBe(0);
  });

  it('reads standard input', async () => {
    const input = ndjson([flatRecord()]);
    const { code, stdout } = await runCli(['check', '-', '--format', 'ndjson'], { cwd: workFolder().path, input });
    expect([code, stdout]).toEqual([0, '1 records: 1 good, 0 with mistakes\n  1  custom: Add_to_cart\n']);
  });

  it('finds the mistakes of what came back from a run again', async () => {
    const folder = workFolder();
    const error = { code: 'validation', message: 'record: is not JSON' };
    folder.write(
      'a.ndjson',
      ndjson([
        { raw: 'nope', error },
        { ...flatRecord(), error },
      ]),
    );
    const { stdout } = await runCli(['check', 'a.ndjson'], { cwd: folder.path });
    expect(stdout).toContain('a.ndjson:1: is not JSON');
    expect(stdout).toContain('2 records: 1 good, 1 with mistakes');
  });

  it('is JSON for machines: a document for each mistake, and the totals', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', `${ndjson([flatRecord({ deviceIdentifier: '__i1' })])}nope\n`);
    const { code, stdout, stderr } = await runCli(['check', 'a.ndjson', '--json'], { cwd: folder.path });
    expect([code, stderr]).toEqual([1, '']);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { file: 'a.ndjson', line: 2, issues: [{ path: [], message: 'is not JSON: unexpected "o"' }] },
      {
        totals: { good: 1, bad: 1 },
        types: { 'custom: Add_to_cart': 1 },
        advice: {
          [`device identifier belongs to an error profile: the app gave the CleverTap SDK an identifier that it refused`]: 1,
        },
      },
    ]);
  });

  it('refuses what is wrong as a whole', async () => {
    const folder = workFolder();
    folder.write('a.csv', 'type,naem\ncustom,x\n');
    const { code, stdout, stderr } = await runCli(['check', 'a.csv'], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('error: a.csv: column "naem" is unknown');
  });
});
