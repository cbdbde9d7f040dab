import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PROJECTS, emulatedRun, type EmulatedRun } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';

const zstdCompress = (zlib as { zstdCompressSync?: (text: string) => Buffer }).zstdCompressSync;

/** The parameter `n` of everything that was recorded, in order. */
function recorded({ emulator }: EmulatedRun): number[] {
  return emulator.received
    .filter((entry) => entry.recorded)
    .map(({ params }) => Number(params['n']))
    .sort((one, other) => one - other);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('forward', () => {
  it('delivers the events of a file, each to its project, and sums up', async () => {
    const run = await emulatedRun();
    const records = numberedRecords(40).map((record, n) => ({ ...record, projectId: PROJECTS[n % 2] }));
    run.folder.write('a.ndjson', ndjson(records));
    const { code, stdout, stderr } = await run.forward(['a.ndjson']);
    expect([code, stderr]).toEqual([0, '']);
    expect(recorded(run)).toEqual(upTo(40));
    expect(run.emulator.counts.byProject).toEqual({ [PROJECTS[0]]: 20, [PROJECTS[1]]: 20 });
    expect(stdout).toMatch(/Done: 40 records in .* 40 delivered, 0 rejected, 0 failed; 40 requests, 0 of them retries/);
    expect(stdout).toContain(`${PROJECTS[0]}         20         0       0`);
  });

  it('takes several files and formats in one run', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(2)));
    run.folder.write(
      'b.csv.gz',
      zlib.gzipSync(`type,name,deviceIdentifier,platform,projectId,params.n\ncustom,B,__g1,ios,${PROJECTS[0]},2\n`),
    );
    const packed = ndjson([flatRecord({ params: { n: 3 } })]);
    const third = run.folder.write('c.ndjson.packed', zstdCompress?.(packed) ?? zlib.gzipSync(packed));
    run.folder.write(
      'd.jsonl',
      Buffer.concat([
        zlib.gzipSync(ndjson([flatRecord({ params: { n: 4 } })])),
        zlib.gzipSync(ndjson([flatRecord({ params: { n: 5 } })])),
      ]),
    );
    const { code } = await run.forward(['a.ndjson', 'b.csv.gz', 'd.jsonl']);
    expect(code).toBe(0);
    expect((await run.forward([third, '--format', 'ndjson'])).code).toBe(0);
    expect(recorded(run)).toEqual(upTo(6));
  });

  it('says which Node zstd takes, before anything is sent', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(2)));
    run.folder.write('b.ndjson.zst', Buffer.from('28b52ffd2406310000', 'hex'));
    const { code, stderr } = await run.forward(['a.ndjson', 'b.ndjson.zst']);
    // What it says of the broken file, where it can look into it.
    expect(stderr).toMatch(/^error: cannot (?:unpack b.ndjson.zst: this Node .* has no zstd|read b.ndjson.zst: )/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect([1, 2]).toContain(code);
    expect(run.emulator.counts.requests).toBe(0);
  });

  it('takes standard input, which has no checkpoint unless one is named', async () => {
    const run = await emulatedRun();
    const { code, stdout } = await run.forward(['-', '--format', 'ndjson'], { input: ndjson(numberedRecords(30)) });
    expect(code).toBe(0);
    expect(recorded(run)).toEqual(upTo(30));
    expect(stdout).not.toContain('rejected.ndjson');
  });

  it('takes the project from the environment for records that name none', async () => {
    const run = await emulatedRun();
    const [account] = JSON.parse(readFileSync(run.folder.at('projects.json'), 'utf8')) as Record<string, string>[];
    run.folder.write('a.ndjson', ndjson([flatRecord({ projectId: undefined, params: { n: 0 } })]));
    const { code } = await run.forward(['a.ndjson'], {
      env: {
        CLEVERTAP_PROJECT_ID: PROJECTS[0],
        CLEVERTAP_PROJECT_TOKEN: account?.['projectToken'] ?? '',
        CLEVERTAP_PROJECT_PASSCODE: account?.['projectPasscode'] ?? '',
      },
    });
    expect([code, recorded(run)]).toEqual([0, [0]]);
  });

  it('keeps within the concurrency that it is given', async () => {
    let most = 0;
    const run: EmulatedRun = await emulatedRun({
      onRequest: () => (most = Math.max(most, run.emulator.connections.total)),
    });
    run.emulator.faults.add({ kind: 'latency', ms: 5 });
    run.folder.write(
      'a.ndjson',
      ndjson(numberedRecords(60).map((record, n) => ({ ...record, projectId: PROJECTS[n % 2] }))),
    );
    expect((await run.forward(['a.ndjson', '--total', '5', '--per-project', '4'])).code).toBe(0);
    expect(recorded(run)).toEqual(upTo(60));
    expect(most).toBeLessThanOrEqual(5);
  });

  it('has nothing to do in an empty file, and says so', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', '');
    run.folder.write('b.csv', 'type,name,deviceIdentifier,platform\n');
    const { code, stdout, stderr } = await run.forward(['a.ndjson', 'b.csv']);
    expect(code).toBe(0);
    expect(stdout).toContain('Done: 0 records');
    expect(stderr).toBe('warning: a.ndjson has no records\nwarning: b.csv has no records\n');
  });
});

describe('a record that is not delivered', () => {
  it('says beside it how often it was sent, and whether it may be there already', async () => {
    const run = await emulatedRun();
    run.emulator.faults.add({ kind: 'status', status: 504, retryAfter: 1000, times: 1 });
    run.folder.write('a.ndjson', ndjson(numberedRecords(1)));
    expect((await run.forward(['a.ndjson'])).code).toBe(1);
    const [record] = run.folder.readJsonLines('a.ndjson.failed.ndjson');
    expect(record?.['error']).toMatchObject({ attempts: 1, status: 504, maybeRecorded: true });
  });

  it('costs itself alone, and is reported with its line and its reason', async () => {
    const run = await emulatedRun();
    const lines = [
      ...numberedRecords(2).map((record) => JSON.stringify(record)),
      'nope',
      JSON.stringify(flatRecord({ utm_source: 'x' })),
      '',
      JSON.stringify(flatRecord({ deviceIdentifier: 5 })),
      JSON.stringify(flatRecord({ params: { n: 2 } })),
    ];
    run.folder.write('a.ndjson', lines.join('\n'));
    const { code, stdout, stderr } = await run.forward(['a.ndjson']);
    expect(code).toBe(1);
    expect(recorded(run)).toEqual(upTo(3));
    expect(stderr.trimEnd().split('\n').sort()).toEqual([
      'a.ndjson:3: rejected: is not JSON: unexpected "o"',
      expect.stringMatching(/^a\.ndjson:4: rejected: unknown key "utm_source"; write "utmSource"/),
      expect.stringMatching(/^a\.ndjson:6: rejected: deviceIdentifier: must be a text, but a number was given/),
    ]);
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson').sort(byLine)).toEqual([
      { raw: 'nope', error: reason('validation', 3) },
      { ...flatRecord({ utm_source: 'x' }), error: reason('validation', 4) },
      { ...flatRecord({ deviceIdentifier: 5 }), error: reason('validation', 6) },
    ]);
    expect(stdout).toContain('3 delivered, 3 rejected, 0 failed');
    expect(stdout).toContain('a.ndjson.rejected.ndjson (mend them and forward that file)');
  });

  it('is told of up to a bound, since all are in the file', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', 'nope\n'.repeat(3_000));
    const { code, stderr } = await run.forward(['a.ndjson']);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(21);
    expect(run.folder.readJsonLines('a.ndjson.rejected.ndjson')).toHaveLength(3_000);
  });

  it('is rejected again, for the same reason, as long as it is not mended', async () => {
    const run = await emulatedRun();
    run.folder.write(
      'a.csv',
      `type,name,deviceIdentifier,platform,projectId\ncustom,5" pipe,__g1,ios,${PROJECTS[0]}\ncustom,,__g1,ios,${PROJECTS[0]}\n`,
    );
    run.folder.write('b.ndjson', Buffer.from('{"type":\n{"name":"caf\xe9"}\n', 'latin1'));
    await run.forward(['a.csv', 'b.ndjson', '--rejected', 'first.ndjson']);
    const { code } = await run.forward(['first.ndjson', '--rejected', 'second.ndjson']);
    expect(code).toBe(1);
    const [first, second] = ['first.ndjson', 'second.ndjson'].map((name) =>
      withoutPlace(run.folder.readJsonLines(name)),
    );
    expect(first).toHaveLength(4);
    expect(second).toEqual(first);
    expect(run.emulator.counts.requests).toBe(0);
  });

  it('is delivered once it has been mended in its place, a row of CSV and a line of NDJSON alike', async () => {
    const run = await emulatedRun();
    const columns = 'type,name,deviceIdentifier,platform,projectId,params.n';
    run.folder.write('a.csv', `${columns}\ncustom,5" pipe,__g1,ios,${PROJECTS[0]},0\n`);
    run.folder.write('b.ndjson', JSON.stringify(flatRecord({ params: { n: 1 } })).slice(0, -1));
    await run.forward(['a.csv', 'b.ndjson']);
    const path = run.folder.at('a.csv.rejected.ndjson');
    const mended = readFileSync(path, 'utf8')
      .replace('5\\" pipe', '\\"5\\"\\" pipe\\"')
      .replace('{\\"n\\":1}"', '{\\"n\\":1}}"');
    run.folder.write('mended.ndjson', mended);
    const { code } = await run.forward(['mended.ndjson']);
    expect([code, recorded(run)]).toEqual([0, upTo(2)]);
    expect(run.emulator.received.map(({ eventType }) => eventType).sort()).toEqual(['5" pipe', 'Add_to_cart']);
  });

  it('is failed where another time it may be accepted, and is then delivered from its file as it is', async () => {
    const run = await emulatedRun();
    const outage = run.emulator.faults.add({ kind: 'status', status: 503, projectId: PROJECTS[0] });
    const records = numberedRecords(4).map((record, n) => ({
      ...record,
      projectId: n === 3 ? 'UNKNOWN-1' : PROJECTS[n % 2],
    }));
    run.folder.write('a.ndjson', ndjson(records));
    const first = await run.forward(['a.ndjson', '--attempts', '1']);
    expect(first.code).toBe(1);
    expect(first.stdout).toContain('1 delivered, 0 rejected, 3 failed');
    expect(first.stderr).toContain('failed: no credentials for project UNKNOWN-1: projects.json has none; add its');
    expect(first.stdout).toContain('1  failed: authentication (no credentials)');
    outage.remove();
    const accounts = JSON.parse(readFileSync(run.folder.at('projects.json'), 'utf8')) as Record<string, string>[];
    const added = { ...accounts[0], projectId: 'UNKNOWN-1' };
    run.emulator.addAccount(added as never);
    run.folder.write('projects.json', JSON.stringify([...accounts, added]));
    const second = await run.forward(['a.ndjson.failed.ndjson']);
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(recorded(run)).toEqual(upTo(4));
  });

  it('keeps the time at which it was first tried, if it had none of its own', async () => {
    const run = await emulatedRun();
    const outage = run.emulator.faults.add({ kind: 'status', status: 503 });
    run.folder.write('a.ndjson', ndjson([flatRecord({ timestamp: undefined }), flatRecord({ timestamp: null })]));
    await run.forward(['a.ndjson', '--attempts', '1']);
    const tried = run.emulator.received.map(({ timestamp }) => timestamp);
    outage.remove();
    await run.forward(['a.ndjson.failed.ndjson']);
    expect(
      run.emulator.received
        .slice(2)
        .map(({ timestamp }) => timestamp)
        .sort(),
    ).toEqual(tried.sort());
    expect(tried.filter((timestamp) => timestamp === undefined)).toHaveLength(1);
  });
});

describe('what is wrong with a file as a whole', () => {
  it.each([
    ['b.csv', 'type,naem\ncustom,x\n', 'b.csv: column "naem" is unknown'],
    ['b.csv', 'type,type\ncustom,x\n', 'b.csv: column "type" is there twice'],
    ['b.csv', 'type,name\ncustom,x\n', 'b.csv: there is no column "deviceIdentifier" and none "platform"'],
    ['b.ndjson', Buffer.from('\uFEFF{}\n', 'utf16le'), 'b.ndjson is UTF-16 text; save it as UTF-8'],
  ])('is said before anything is sent or written: %s %#', async (name, content, message) => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)));
    run.folder.write(name, content);
    const { code, stdout, stderr } = await run.forward(['a.ndjson', name]);
    expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2]);
    expect(stderr).toContain(`error: ${message}`);
    expect(run.emulator.counts.requests).toBe(0);
    expect(() => readFileSync(run.folder.at('a.ndjson.checkpoint'))).toThrow('ENOENT');
  });

  it('is said of standard input when it comes', async () => {
    const run = await emulatedRun();
    const { code, stderr } = await run.forward(['-', '--format', 'csv'], { input: 'type,naem\ncustom,x\n' });
    expect([code, run.emulator.counts.requests]).toEqual([2, 0]);
    expect(stderr).toContain('error: -: column "naem" is unknown');
  });
});

describe('what comes from files and servers', () => {
  it('does not steer the terminal', async () => {
    const run = await emulatedRun();
    run.emulator.faults.add({ kind: 'status', status: 418, body: '{"error":"\\u001b[31mteapot\\u0007"}', times: 1 });
    const hostile = [
      flatRecord({ '\u001b[2Jkey': 1 }),
      flatRecord({ projectId: 'P\u001b]0;title\u0007\u009b' }),
      flatRecord({ params: { '\u001b[1mx': {} } }),
    ];
    run.folder.write('a.ndjson', `${ndjson([...hostile, flatRecord()])}\u001b[31m\n`);
    const { code, stdout, stderr } = await run.forward(['a.ndjson']);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('teapot');
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

function reason(code: string, line: number): unknown {
  return expect.objectContaining({ code, line, file: 'a.ndjson', message: expect.any(String) as string });
}

function lineOf(record: Record<string, unknown>): number {
  return (record['error'] as { line: number }).line;
}

function byLine(one: Record<string, unknown>, other: Record<string, unknown>): number {
  return lineOf(one) - lineOf(other);
}

/** Records as they came back, without the file and line that they came from. */
function withoutPlace(records: Record<string, unknown>[]): unknown[] {
  return records.map(({ error, ...record }) => {
    const { code, message, issues } = error as Record<string, unknown>;
    return { ...record, error: { code, message, issues } };
  });
}
