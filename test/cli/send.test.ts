import { describe, expect, it } from 'vitest';
import { CANARY_PASSCODE, CANARY_TOKEN, canaryCredentials } from '../support/canary.js';
import { canaryEmulator } from '../support/connected-client.js';
import { PROJECTS } from './emulated-run.js';
import { flatRecord } from './records.js';
import { runCli, type CliOptions } from './run-cli.js';
import { workFolder } from './work-folder.js';

const EVENT = ['--type', 'custom', '--name', 'Hello', '--device-identifier', '__g1', '--platform', 'android'];

const env = {
  CLEVERTAP_PARTNER_NAME: 'airbridge',
  CLEVERTAP_PROJECT_ID: PROJECTS[0],
  CLEVERTAP_PROJECT_TOKEN: CANARY_TOKEN,
  CLEVERTAP_PROJECT_PASSCODE: CANARY_PASSCODE,
};

async function prepare() {
  const folder = workFolder();
  const emulator = await canaryEmulator({ accounts: PROJECTS.map((projectId) => canaryCredentials({ projectId })) });
  const send = (args: readonly string[], options: Partial<CliOptions> = {}) =>
    runCli(['send', '--base-url', emulator.baseUrl, ...args], { cwd: folder.path, env, ...options });
  return { folder, emulator, send };
}

describe('send', () => {
  it('sends one event from options, and says what became of it', async () => {
    const { emulator, send } = await prepare();
    const { code, stdout, stderr } = await send([
      ...EVENT,
      ...[
        '--timestamp',
        '2026-01-31T10:00:00Z',
        '--utm-source',
        'google',
        '--param',
        'city=Mumbai',
        '--param',
        'a=b=c',
      ],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^delivered to project TEST-111-222Z at 127\.0\.0\.1:\d+: 200, 1 attempt, \d+ ms\n$/);
    expect(emulator.received).toMatchObject([
      { eventType: 'Hello', utmSource: 'google', timestamp: '1769853600', params: { city: 'Mumbai', a: 'b=c' } },
    ]);
  });

  it('sends a record as forward takes it, options counting before it', async () => {
    const { folder, emulator, send } = await prepare();
    folder.write('event.json', `\uFEFF${JSON.stringify(flatRecord(), undefined, 2)}`);
    expect((await send(['--record', 'event.json', '--name', 'Other'])).code).toBe(0);
    expect((await send(['--record', '-'], { input: JSON.stringify(flatRecord()) })).code).toBe(0);
    expect(emulator.received.map(({ eventType }) => eventType)).toEqual(['Other', 'Add_to_cart']);
  });

  it('chooses among the projects of a file', async () => {
    const { folder, emulator, send } = await prepare();
    folder.write('projects.json', JSON.stringify(PROJECTS.map((projectId) => canaryCredentials({ projectId }))));
    const withFile = { env: { CLEVERTAP_PARTNER_NAME: 'airbridge' } };
    const file = ['--credentials', 'projects.json'];
    expect((await send([...EVENT, ...file, '--project', PROJECTS[1]], withFile)).code).toBe(0);
    expect(emulator.received).toMatchObject([{ accountId: PROJECTS[1] }]);
    expect(await send([...EVENT, ...file], withFile)).toMatchObject({
      code: 2,
      stderr: 'error: which project? Give --project, or credentials of one only\n',
    });
    expect(await send([...EVENT, ...file, '--project', 'NONE'], withFile)).toMatchObject({
      code: 2,
      stderr:
        'error: no credentials for project NONE: projects.json has none; add its projectToken, projectPasscode and region to that file\n',
    });
  });

  it('says why an event was not delivered', async () => {
    const { emulator, send } = await prepare();
    emulator.faults.add({ kind: 'reset_after', recorded: true });
    expect(await send([...EVENT, '--attempts', '1'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^not delivered \(network\): .* CleverTap may have recorded it all the same\.\n$/,
      ) as string,
    });
  });

  it.each([[[]], [['--type', '']], [['--type', 'install']], [['--record', 'typeless.json']]])(
    'refuses an event without a type that there is, and lists the types: %j',
    async (args) => {
      const { folder, emulator, send } = await prepare();
      folder.write('typeless.json', '{"deviceIdentifier": "__g1234abc"}');
      const { code, stdout, stderr } = await send([...args, '--platform', 'ios']);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^error: type: .*organic_install, inorganic_install or custom/);
      expect(emulator.counts.requests).toBe(0);
    },
  );

  it('gives its result as one JSON document, delivered or not', async () => {
    const { emulator, send } = await prepare();
    const delivered = await send([...EVENT, '--json']);
    expect(JSON.parse(delivered.stdout)).toMatchObject({ confirmed: true, attempts: 1, projectId: PROJECTS[0] });
    emulator.faults.add({ kind: 'status', status: 404 });
    const failed = await send([...EVENT, '--json']);
    expect(JSON.parse(failed.stdout)).toMatchObject({ code: 'unexpected_response', status: 404 });
    expect([delivered.code, failed.code, delivered.stderr, failed.stderr]).toEqual([0, 1, '', '']);
  });

  it.each([
    [['--record', 'none.json'], 'cannot read none.json: no such file or directory (ENOENT)'],
    [['--record', 'bad.json'], 'cannot read bad.json: it is not JSON'],
    [['--record', 'list.json'], 'list.json must hold one JSON object'],
    [['--param', 'nothing'], "option '--param <name=value>' argument 'nothing' is invalid. must be name=value"],
    [['--name', ''], 'error: name: is empty, but required: the name of the event'],
    [['--platform', ''], 'error: platform: is empty, but required'],
    [['--timestamp', 'now'], 'error: timestamp: must be epoch seconds, epoch milliseconds or an ISO 8601 text'],
    [['--base-url', 'http://proxy.example'], 'use https://, or give --allow-insecure-http to accept that'],
    [['--attempts', '0'], 'must be a whole number, at least 1'],
    [['--timeout', 'soon'], 'must be a number of seconds greater than 0'],
  ])('refuses a call that is wrong: %j', async (args, message) => {
    const { folder, emulator, send } = await prepare();
    folder.write('bad.json', `{"token": ${CANARY_TOKEN}}`);
    folder.write('list.json', '[]');
    const { code, stdout, stderr } = await send([...EVENT, ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(emulator.counts.requests).toBe(0);
  });
});
