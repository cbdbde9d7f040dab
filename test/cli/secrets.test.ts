import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials } from '../support/canary.js';
import { httpAnswer, startSocketServer } from '../support/socket-server.js';
import { emulatedRun, PROJECTS } from './emulated-run.js';
import { flatRecord, ndjson, numberedRecords } from './records.js';
import { runCli, startCli } from './run-cli.js';
import { workFolder, type WorkFolder } from './work-folder.js';

// Each run's output is searched for the canaries by `startCli` already.

const env = {
  CLEVERTAP_PARTNER_NAME: 'airbridge',
  CLEVERTAP_PROJECT_ID: PROJECTS[0],
  CLEVERTAP_PROJECT_TOKEN: CANARY_TOKEN,
  CLEVERTAP_PROJECT_PASSCODE: CANARY_PASSCODE,
};

/** The canaries in everything that a run has written beside its credentials. */
function canariesWritten(folder: WorkFolder): string[] {
  const names = readdirSync(folder.path).filter((name) => name !== 'projects.json');
  return names.flatMap((name) => canariesIn(readFileSync(folder.at(name), 'utf8')));
}

/** A server that has an error for every request, and says the whole URL in it. */
async function startEchoServer(status: number) {
  const server = await startSocketServer((socket) => {
    const url = /^GET (\S+)/.exec(server.requests.at(-1) ?? '')?.[1] ?? '';
    const body = JSON.stringify({
      status: 'fail',
      code: status,
      error: `cannot take ${url} ${CANARY_TOKEN} ${CANARY_PASSCODE}`,
    });
    socket.write(httpAnswer(status, body, { 'x-echo': url }));
  });
  return server;
}

describe('token and passcode', () => {
  it.each([400, 503])('stay out of everything though the server repeats them (%d)', async (status) => {
    const server = await startEchoServer(status);
    const folder = workFolder();
    folder.write('projects.json', JSON.stringify([canaryCredentials({ projectId: PROJECTS[1] })]));
    const records = PROJECTS.map((projectId) => flatRecord({ projectId }));
    folder.write('a.ndjson', `${ndjson(records)}nope\n`);
    const args = ['forward', 'a.ndjson', '-c', 'projects.json', '--base-url', server.url, '--attempts', '1'];
    const { code, stdout, stderr } = await runCli(args, { cwd: folder.path, env });
    expect(code).toBe(1);
    expect(server.received).toContain(CANARY_TOKEN);
    expect(stdout + stderr).not.toMatch(/account_(?:token|passcode)=(?!\[redacted\])/);
    expect(readdirSync(folder.path).filter((name) => /rejected|failed|checkpoint/.test(name)).length).toBeGreaterThan(
      1,
    );
    expect(canariesWritten(folder)).toEqual([]);
    folder.write('one.json', JSON.stringify(flatRecord()));
    const sendArgs = ['send', '--record', 'one.json', '--base-url', server.url, '--attempts', '1', '--json'];
    const sent = await runCli(sendArgs, { cwd: folder.path, env });
    expect(sent.code).toBe(1);
  });

  it.skipIf(process.platform !== 'linux')('stay off the list of processes', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)));
    run.emulator.faults.add({ kind: 'hang' });
    const running = run.startForward(['a.ndjson'], { env });
    await vi.waitUntil(() => run.emulator.counts.requests > 0, { timeout: 15_000, interval: 5 });
    const shown = readFileSync(`/proc/${running.child.pid}/cmdline`, 'utf8');
    expect(shown).toContain('projects.json');
    expect(canariesIn(shown)).toEqual([]);
    expect(canariesWritten(run.folder)).toEqual([]);
  });

  // Node writes the same report at a crash with --report-on-fatalerror or --report-uncaught-exception.
  it.skipIf(process.platform === 'win32')('stay out of the report that Node writes of a process', async () => {
    const run = await emulatedRun();
    run.folder.write('a.ndjson', ndjson(numberedRecords(3)));
    run.emulator.faults.add({ kind: 'hang' });
    const options = '--report-on-signal --report-filename=report.json';
    const running = run.startForward(['a.ndjson'], { env: { ...env, NODE_OPTIONS: options } });
    await vi.waitUntil(() => run.emulator.counts.requests > 0, { timeout: 15_000, interval: 5 });
    running.child.kill('SIGUSR2');
    await vi.waitUntil(() => running.stderr.includes('Node.js report completed'), { timeout: 15_000, interval: 5 });
    const report = readFileSync(run.folder.at('report.json'), 'utf8');
    expect(report).toContain('CLEVERTAP_PARTNER_NAME');
    expect(canariesIn(report)).toEqual([]);
  });

  it('cannot be given as options', async () => {
    for (const command of ['forward', 'send']) {
      const { stdout } = await runCli([command, '--help'], { cwd: workFolder().path });
      expect(stdout.match(/^ +(?:-\w, )?--[\w-]*(?:token|passcode|secret)/gim)).toBeNull();
    }
  });

  it('stay out of the emulator’s output', async () => {
    const folder = workFolder();
    folder.write('projects.json', JSON.stringify([canaryCredentials()]));
    const emulator = startCli(['emulate', '--accounts', 'projects.json', '--json'], { cwd: folder.path });
    await emulator.told('Listening on ');
    const url = /Listening on (\S+)/.exec(emulator.stderr)?.[1] ?? '';
    folder.write('a.ndjson', ndjson([flatRecord()]));
    await runCli(['forward', 'a.ndjson', '-c', 'projects.json', '-p', 'airbridge', '--base-url', url], {
      cwd: folder.path,
    });
    emulator.child.kill('SIGINT');
    expect((await emulator.ended).stdout).toContain('"credentials":"valid"');
    expect(canariesWritten(folder)).toEqual([]);
  });
});
