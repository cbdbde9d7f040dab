import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';
import { emulatedRun, PROJECTS } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { runCli } from './run-cli.js';
import { workFolder } from './work-folder.js';

describe('a dry run', () => {
  it('shows the request of each good record without credentials, and sends and writes nothing', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', `${ndjson(numberedRecords(2))}nope\n`);
    const { code, stdout, stderr } = await run.forward(['a.ndjson', '--dry-run']);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual(
      [0, 1].map(
        (n) =>
          `GET ${run.emulator.baseUrl}/attribution?partner_name=airbridge&event_type=Add_to_cart&timestamp=1700000000&device_identifier=__g1234abc&account_id=${PROJECTS[0]}&account_token=REDACTED&account_passcode=REDACTED&platform=android&n=${n}`,
      ),
    );
    expect(stderr).toBe(
      'a.ndjson:3: is not JSON: unexpected "o"\n2 records would be sent, 1 would not; nothing was sent\n',
    );
    expect(run.emulator.counts.requests).toBe(0);
    expect(readdirSync(run.folder.path).sort()).toEqual(['a.ndjson', 'projects.json']);
  });

  it('needs neither credentials nor a partner name', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord()]));
    const { code, stdout } = await runCli(['forward', 'a.ndjson', '--dry-run'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(stdout).toContain('GET https://api.clevertap.com/attribution?partner_name=PARTNER&');
  });

  it('finds what only the credentials tell: the host, a project that there are none for', async () => {
    const folder = workFolder();
    const secrets = { projectToken: CANARY_TOKEN, projectPasscode: CANARY_PASSCODE };
    folder.write('projects.json', JSON.stringify({ 'P-1': { ...secrets, region: 'in' }, 'P-2': secrets }));
    folder.write('a.ndjson', ndjson(['P-1', 'P-3', undefined].map((projectId) => flatRecord({ projectId }))));
    const args = ['forward', 'a.ndjson', '--dry-run', '--credentials', 'projects.json', '--method', 'POST'];
    const { code, stdout, stderr } = await runCli(args, { cwd: folder.path });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^POST https:\/\/in1\.api\.clevertap\.com\/attribution\?.*account_id=P-1&[^\n]*\n$/);
    expect(stderr).toContain('a.ndjson:2: no credentials for project P-3: projects.json has none; ');
    expect(stderr).toContain('a.ndjson:3: projectId: is required where no single project is the default; ');
  });

  it('finds what is too long to be sent, the real credentials counted', async () => {
    const run = await emulatedRun();
    run.folder.write(
      'a.ndjson',
      ndjson([7_000, 8_000].map((length) => flatRecord({ params: { text: 'x'.repeat(length) } }))),
    );
    const { code, stdout, stderr } = await run.forward(['a.ndjson', '--dry-run']);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/a\.ndjson:2: params\.text: takes \d+ of \d+ bytes/);
  });

  it('finds options that are wrong', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', ndjson([flatRecord()]));
    const args = ['forward', 'a.ndjson', '--dry-run', '--base-url'];
    for (const [url, message] of [
      ['somewhere', 'must be an absolute URL'],
      ['http://proxy.example', 'plain http:// would send credentials unencrypted'],
    ] as const) {
      const { code, stderr } = await runCli([...args, url], { cwd: folder.path });
      expect(code).toBe(2);
      expect(stderr).toContain(`error: --base-url ${message}`);
    }
    const { stdout } = await runCli([...args, 'https://proxy.example/path/'], { cwd: folder.path });
    expect(stdout).toMatch(/^GET https:\/\/proxy\.example\/path\/attribution\?/);
  });

  it('gives its totals as one JSON document', async () => {
    const folder = workFolder();
    folder.write('a.ndjson', `${ndjson(numberedRecords(3))}nope\n`);
    const { code, stdout } = await runCli(['forward', 'a.ndjson', '--dry-run', '--json'], { cwd: folder.path });
    expect([code, JSON.parse(stdout)]).toEqual([1, { dryRun: true, wouldBeSent: 3, wouldNotBeSent: 1 }]);
  });

  it('reads standard input', async () => {
    const { code, stdout } = await runCli(['forward', '-', '--format', 'csv', '--delimiter', 'tab', '--dry-run'], {
      cwd: workFolder().path,
      input: 'type\tname\tdeviceIdentifier\tplatform\tprojectId\ncustom\tHi\t__g1\tios\tP-1\n',
    });
    expect(code).toBe(0);
    expect(stdout).toContain('event_type=Hi&');
  });
});
