import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canaryCredentials } from '../support/canary.js';
import { CLI, runCli, startCli, type RunningCli } from './run-cli.js';
import { workFolder, type WorkFolder } from './work-folder.js';

async function start(folder: WorkFolder, args: readonly string[] = []): Promise<RunningCli & { readonly url: string }> {
  const running = startCli(['emulate', ...args], { cwd: folder.path });
  await running.told('Listening on ');
  const url = /Listening on (\S+)/.exec(running.stderr)?.[1] ?? '';
  return Object.assign(running, { url });
}

/** Sends an event to it. */
function send(folder: WorkFolder, url: string, env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const event = ['--type', 'custom', '--name', 'Hello', '--device-identifier', '__g1', '--platform', 'android'];
  return runCli(['send', ...event, '--partner', 'airbridge', '--base-url', url, ...args], { cwd: folder.path, env });
}

const SAMPLE = {
  CLEVERTAP_PROJECT_ID: 'EMULATED-1',
  CLEVERTAP_PROJECT_TOKEN: 'emulated-token',
  CLEVERTAP_PROJECT_PASSCODE: 'emulated-passcode',
};

describe('emulate', () => {
  it('answers a sample account until Ctrl-C, a line for each request, and sums up', async () => {
    const folder = workFolder();
    const emulator = await start(folder);
    await emulator.told('CLEVERTAP_PROJECT_ID=EMULATED-1');
    expect((await send(folder, emulator.url, SAMPLE)).code).toBe(0);
    const refused = await send(folder, emulator.url, { ...SAMPLE, CLEVERTAP_PROJECT_TOKEN: 'wrong' });
    expect(refused.stdout).toContain('not delivered (authentication)');
    emulator.child.kill('SIGINT');
    const { code, stdout } = await emulator.ended;
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        '200  recorded  EMULATED-1  Hello  __g1',
        '401  refused  EMULATED-1  Hello  __g1  credentials invalid',
        '2 requests: 1 events recorded, 1 refused, 0 answered by faults',
        '',
      ],
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'says how to send to it in lines that run as they stand, as the README does',
    async () => {
      const folder = workFolder();
      folder.write(
        'npx',
        `#!/bin/sh\n[ "$1" = clevertap-attribution ] && shift && exec '${process.execPath}' '${CLI}' "$@"\n`,
      );
      chmodSync(folder.at('npx'), 0o700);
      const emulator = await start(folder);
      await emulator.told('--platform android');
      const told = emulator.stderr.split('\n').filter((line) => line.startsWith('  '));
      const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
      const written = /```sh\n(export CLEVERTAP_PROJECT_ID=[^`]*)```/.exec(readme)?.[1] ?? '';
      const env = { PATH: `${folder.path}:${process.env['PATH'] ?? ''}` };
      for (const script of [told.join('\n'), written.replace('http://127.0.0.1:8080', emulator.url)])
        expect(execFileSync('sh', ['-e', '-c', script], { cwd: folder.path, env, encoding: 'utf8' })).toMatch(
          /^delivered to project EMULATED-1 /,
        );
    },
  );

  it('knows the accounts of a file, partners, and faults from options and a file', async () => {
    const folder = workFolder();
    folder.write('accounts.json', JSON.stringify([canaryCredentials()]));
    folder.write('faults.json', JSON.stringify([{ kind: 'empty_200', times: 1 }]));
    const emulator = await start(folder, [
      ...['--accounts', 'accounts.json', '--partner', 'airbridge', 'other'],
      ...['--fault', '{"kind":"reset_after","times":1}', '--faults', 'faults.json'],
    ]);
    const credentials = ['--credentials', 'accounts.json'];
    const sent = await send(folder, emulator.url, {}, credentials);
    expect(sent.stdout).toMatch(/^delivered .* 200, without the word "success", 2 attempts/);
    expect((await send(folder, emulator.url, {}, [...credentials, '--partner', 'nobody'])).stdout).toContain(
      'bad_request',
    );
    emulator.child.kill('SIGTERM');
    const { stdout } = await emulator.ended;
    expect(stdout.split('\n').map((line) => line.slice(0, 20))).toEqual([
      '---  fault: reset_af',
      '200  fault: empty_20',
      '400  refused  TEST-1',
      '3 requests: 0 events',
      '',
    ]);
  });

  it('is JSON for machines: a document for each request, and the totals', async () => {
    const folder = workFolder();
    const emulator = await start(folder, ['--json']);
    await send(folder, emulator.url, SAMPLE);
    emulator.child.kill('SIGINT');
    const { stdout } = await emulator.ended;
    const [request, totals, ...rest] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect([request, totals, rest]).toMatchObject([
      { eventType: 'Hello', status: 200 },
      { requests: 1, recorded: 1 },
      [],
    ]);
  });

  it('says nothing of requests that it is to be quiet about', async () => {
    const folder = workFolder();
    const emulator = await start(folder, ['--quiet', '--json']);
    await send(folder, emulator.url, SAMPLE);
    emulator.child.kill('SIGINT');
    expect(JSON.parse((await emulator.ended).stdout)).toMatchObject({ requests: 1 });
  });

  it('refuses a port that is taken', async () => {
    const folder = workFolder();
    const emulator = await start(folder);
    const { port } = new URL(emulator.url);
    const { code, stderr } = await runCli(['emulate', '--port', port], { cwd: folder.path });
    expect([code, stderr]).toEqual([
      2,
      `error: port ${port} is in use: choose another with --port, or leave that out for any that is free\n`,
    ]);
  });

  it.each([
    [['--fault', '{"kind":'], 'must be JSON'],
    [
      ['--fault', '{"kind":"explode"}'],
      'error: fault: kind: is not a known kind of fault; the kinds are status, parallel_limit, latency, hang',
    ],
    [['--fault', '{"kind":"hang","times":1,"forMs":5}'], 'times and forMs exclude each other'],
    [['--faults', 'faults.json'], 'faults.json must hold a list of faults'],
    [['--faults', 'none.json'], 'cannot read none.json: no such file or directory (ENOENT)'],
    [['--accounts', 'faults.json'], 'faults.json, project kind: must be an object'],
    [['--port', '70000'], 'port'],
    [['--port', 'http'], 'must be a whole number, at least 1'],
  ])('refuses a call that is wrong, and ends: %j', async (args, message) => {
    const folder = workFolder();
    folder.write('faults.json', '{"kind":"hang"}');
    const { code, stdout, stderr } = await runCli(['emulate', ...args], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
