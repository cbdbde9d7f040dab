import { describe, expect, it } from 'vitest';
import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';
import { emulatedRun } from './emulated-run.js';
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
      'a.ndjson:2: name: is required: the name of the event, such as Add_to_cart',
      'a.ndjson:3: is not JSON: unexpected "o"',
      'b.csv:3: a quote is opened and never closed',
      '5 records: 2 good, 3 with mistakes',
      '  1  custom: Add_to_cart',
      '  1  custom: B',
      '',
    ]);
  });

  it('finds what is too long to be sent to any project, as outbox add and forward --outbox do', async () => {
    const { folder, forward } = await emulatedRun();
    folder.write('a.ndjson', ndjson([flatRecord({ params: { note: 'x'.repeat(9_000) } }), flatRecord()]));
    const checked = await runCli(['check', 'a.ndjson'], { cwd: folder.path });
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/^a.ndjson:1: params.note: takes 9004 of at least \d+ bytes of path and query/);
    expect(checked.stdout).toContain('2 records: 1 good, 1 with mistakes');
    const added = await runCli(['outbox', 'add', 'box.db', 'a.ndjson', '--project', 'P-1'], { cwd: folder.path });
    expect(added.stderr.split('\n')[0]).toBe(checked.stdout.split('\n')[0]);
    expect(added.stdout).toContain('1 stored, 0 were there before, 1 with mistakes');
    const forwarded = await forward(['a.ndjson', '--outbox', 'other.db']);
    expect(forwarded.stdout).toContain('1 delivered, 1 rejected, 0 failed');
    expect(forwarded.stdout + forwarded.stderr).toMatch(/a.ndjson:1: .*params.note: takes 9004 of/);
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
      'Odd, but no mistake:\n  2  device identifier looks like one made on ios, but the platform is android (first: a.ndjson:1)',
    );
  });

  it('has advice about platforms and ids that are there twice, with the first of each', async () => {
    const folder = workFolder();
    folder.write(
      'a.csv',
      [
        'type,name,deviceIdentifier,platform,id',
        'custom,A,__g1,android,1',
        'custom,A,__g1,andriod,2',
        'custom,A,__g1,andriod,1',
        'custom,A,-g2,iOS,',
        'custom,A,-g1,ios,',
      ].join('\n'),
    );
    const { code, stdout } = await runCli(['check', 'a.csv'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout.split('Odd, but no mistake:\n')[1]?.split('\n')).toEqual([
      '  2  platform "andriod" is neither android nor ios (first: a.csv:3)',
      '  1  id is that of an earlier record: an outbox stores the first alone (first: a.csv:4)',
      '',
    ]);
  });

  it('finds a project id that no credentials could have', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord({ projectId: 'x y' })]));
    expect(await runCli(['check', 'a.ndjson'], { cwd: folder.path })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('a.ndjson:1: projectId: may hold letters, digits, "-" and "_" only\n') as string,
    });
  });

  it('warns of inputs without a record, which are no mistake', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', '');
    folder.write('b.csv', 'type,name,deviceIdentifier,platform\n');
    folder.write('c.ndjson', ndjson([flatRecord()]));
    const { code, stdout, stderr } = await runCli(['check', 'a.ndjson', 'b.csv', 'c.ndjson'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toContain('1 records: 1 good');
    expect(stderr).toBe('warning: a.ndjson has no records\nwarning: b.csv has no records\n');
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

  it('tells machines in the words of the command line as well: no file holds a Date', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord({ timestamp: true })]));
    const { stdout } = await runCli(['check', 'a.ndjson', '--json'], { cwd: folder.path });
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual({
      file: 'a.ndjson',
      line: 1,
      issues: [
        {
          path: ['timestamp'],
          message:
            'must be epoch seconds, epoch milliseconds or an ISO 8601 text with an offset, but a boolean was given',
        },
      ],
    });
  });

  it('says of a mistake what a dry run and forward say', async () => {
    const run = await emulatedRun();
    const records = [
      { name: undefined, utmSource: 5 },
      { timestamp: '2022-08-17' },
      { utm_source: 'x' },
      { project_id: 'P-1' },
      { projectId: 7 },
      { projectId: 'UNKNOWN-1' },
    ];
    run.folder.write('a.ndjson', `${ndjson(records.map((record) => flatRecord(record)))}nope\n`);
    const checked = await runCli(['check', 'a.ndjson', '-c', 'projects.json'], { cwd: run.folder.path });
    const told = checked.stdout.split('\n').filter((line) => line.startsWith('a.ndjson:'));
    expect(told).toHaveLength(records.length + 1);
    const dry = await run.forward(['a.ndjson', '--dry-run']);
    expect(dry.stderr.split('\n').filter((line) => line.startsWith('a.ndjson:'))).toEqual(told);
    const forwarded = await run.forward(['a.ndjson']);
    const lines = forwarded.stderr.split('\n').filter((line) => line.startsWith('a.ndjson:'));
    expect(lines.map((line) => line.replace(/ (rejected|failed):/, '')).sort()).toEqual(told);
    const returned = ['rejected', 'failed'].flatMap((status) =>
      run.folder
        .readJsonLines(`a.ndjson.${status}.ndjson`)
        .map(({ error }) => error as { line: number; message: string }),
    );
    expect(returned.map(({ line, message }) => `a.ndjson:${line}: ${message}`).sort()).toEqual(told);
  });

  it('finds with credentials the records whose project there are none of, beside their other mistakes', async () => {
    const folder = workFolder();
    const secrets = { projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE };
    folder.write('projects.json', JSON.stringify({ 'P-1': secrets, 'P-2': secrets }));
    const records = [{ projectId: 'P-1' }, { projectId: 'P-3' }, { projectId: undefined, platform: '' }];
    folder.write('a.ndjson', ndjson(records.map((record) => flatRecord(record))));
    const without = await runCli(['check', 'a.ndjson'], { cwd: folder.path });
    expect(without.stdout).toContain('3 records: 2 good, 1 with mistakes');
    const { code, stdout, stderr } = await runCli(['check', 'a.ndjson', '-c', 'projects.json'], { cwd: folder.path });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'a.ndjson:2: no credentials for project P-3: projects.json has none; add its projectToken, projectPasscode and region to that file',
      expect.stringMatching(/^a\.ndjson:3: platform: is empty, .*; projectId: is required where no single project/),
      '3 records: 1 good, 2 with mistakes',
    ]);
  });

  it('refuses credentials that cannot be read', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord()]));
    const { code, stdout, stderr } = await runCli(['check', 'a.ndjson', '-c', 'none.json'], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('error: cannot read none.json');
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
          [`device identifier belongs to an error profile: the app gave the CleverTap SDK an identifier that it refused`]:
            {
              count: 1,
              first: { file: 'a.ndjson', line: 1 },
            },
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
