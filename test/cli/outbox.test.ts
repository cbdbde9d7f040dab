import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials } from '../support/canary.js';
import { canaryEmulator } from '../support/connected-client.js';
import { runCli, type CliOptions } from './run-cli.js';
import { flatRecord } from './records.js';
import { workFolder } from './work-folder.js';

const { projectId } = canaryCredentials();

const env = {
  CLEVERTAP_PARTNER_NAME: 'airbridge',
  CLEVERTAP_PROJECT_ID: projectId,
  CLEVERTAP_PROJECT_TOKEN: CANARY_TOKEN,
  CLEVERTAP_PROJECT_PASSCODE: CANARY_PASSCODE,
};

async function prepare() {
  const folder = workFolder();
  const emulator = await canaryEmulator();
  const outbox = (args: readonly string[], options: Partial<CliOptions> = {}) =>
    runCli(['outbox', ...args], { cwd: folder.path, env, ...options });
  const drain = (...args: string[]) => outbox(['drain', 'box.db', '--base-url', emulator.baseUrl, ...args]);
  const status = async () =>
    JSON.parse((await outbox(['status', 'box.db', '--json'])).stdout) as Record<string, number | null>;
  return { folder, emulator, outbox, drain, status };
}

function lines(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `${JSON.stringify(flatRecord({ projectId, name: `E${index}` }))}\n`,
  ).join('');
}

describe('outbox', () => {
  it('stores a file, shows what is in it, and delivers it', async () => {
    const { folder, emulator, outbox, drain, status } = await prepare();
    folder.write('events.ndjson', lines(5));
    expect(await outbox(['add', 'box.db', 'events.ndjson'])).toMatchObject({
      code: 0,
      stdout: '5 stored, 0 were there before, 0 with mistakes\n',
    });
    expect(emulator.received).toEqual([]);
    expect(await status()).toMatchObject({ ready: 5, delayed: 0, leased: 0, dead: 0 });
    expect(await drain()).toMatchObject({
      code: 0,
      stdout: '5 delivered, 0 left (0 put off), 0 became dead letters\n',
    });
    expect(emulator.counts.recorded).toBe(5);
    expect(await status()).toMatchObject({ ready: 0, oldestAgeMs: null });
  });

  it('stores nothing twice when a file is stored again, and tells of mistakes with their lines', async () => {
    const { folder, outbox } = await prepare();
    folder.write('events.ndjson', `${lines(2)}{"type":"custom"}\n`);
    const first = await outbox(['add', 'box.db', 'events.ndjson']);
    expect(first).toMatchObject({
      code: 1,
      stdout:
        '2 stored, 0 were there before, 1 with mistakes\n' +
        'Records with mistakes, with the reason beside each: events.ndjson.rejected.ndjson (mend them and add that file)\n',
    });
    expect(first.stderr).toContain('events.ndjson:3: ');
    const again = await outbox(['add', 'box.db', 'events.ndjson', '--json']);
    const rejectedFile = 'events.ndjson.rejected.ndjson';
    expect(JSON.parse(again.stdout)).toEqual({ added: 0, duplicates: 2, rejected: 1, rejectedFile });
    expect(folder.readJsonLines(rejectedFile)).toMatchObject([
      { type: 'custom', error: { code: 'validation', file: 'events.ndjson', line: 3 } },
    ]);
  });

  it('takes the same rows of another file for other events, and those of a file that has grown for the same', async () => {
    const { folder, outbox } = await prepare();
    const add = async (...args: string[]) =>
      JSON.parse((await outbox(['add', 'box.db', ...args, '--json'])).stdout) as unknown;
    folder.write('day1.ndjson', lines(2));
    folder.write('day2.ndjson', lines(2));
    expect(await add('day1.ndjson')).toMatchObject({ added: 2, duplicates: 0 });
    expect(await add('day2.ndjson')).toMatchObject({ added: 2, duplicates: 0 });
    folder.write('day2.ndjson', lines(5));
    expect(await add(folder.at('day2.ndjson'), './day1.ndjson')).toMatchObject({ added: 3, duplicates: 4 });
    const [input, longer] = [lines(2), lines(3)];
    const addInput = async (text: string) =>
      JSON.parse(
        (await outbox(['add', 'box.db', '-', '--format', 'ndjson', '--json'], { input: text })).stdout,
      ) as unknown;
    expect(await addInput(input)).toMatchObject({ added: 2, duplicates: 0 });
    expect(await addInput(longer)).toMatchObject({ added: 1, duplicates: 2 });
  }, 60_000);

  it('refuses a file that has changed since it was stored, unless its records have ids or that is accepted', async () => {
    const { folder, outbox, status } = await prepare();
    folder.write('a.ndjson', lines(3));
    await outbox(['add', 'box.db', 'a.ndjson']);
    folder.write('a.ndjson', lines(4).split('\n').reverse().join('\n').trimStart());
    expect(await outbox(['add', 'box.db', 'a.ndjson'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(
        'a.ndjson has records without an id, and has changed since it was stored',
      ) as unknown,
    });
    expect(await status()).toMatchObject({ ready: 3 });
    expect(await outbox(['add', 'box.db', 'a.ndjson', '--accept-changed'])).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ ready: 7 });
    const named = (...ids: string[]) => ids.map((id) => `${JSON.stringify(flatRecord({ projectId, id }))}\n`).join('');
    folder.write('b.ndjson', named('1', '2'));
    await outbox(['add', 'box.db', 'b.ndjson']);
    folder.write('b.ndjson', named('3', '1', '2'));
    expect(await outbox(['add', 'box.db', 'b.ndjson'])).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ ready: 10 });
  }, 60_000);

  it('tells of mistakes in the order of the file, in the words of the other commands', async () => {
    const { folder, outbox } = await prepare();
    folder.write(
      'events.ndjson',
      [
        JSON.stringify(flatRecord({ projectId, platform: undefined })),
        'no JSON',
        JSON.stringify(flatRecord({ projectId: undefined })),
        lines(1).trim(),
        JSON.stringify(flatRecord({ projectId, city: 'Pune' })),
      ].join('\n'),
    );
    const added = await outbox(['add', 'box.db', 'events.ndjson']);
    const checked = await runCli(['check', 'events.ndjson'], { cwd: folder.path });
    const told = added.stderr.trim().split('\n');
    expect(told.map((line) => line.split(': ', 1)[0])).toEqual([1, 2, 3, 5].map((line) => `events.ndjson:${line}`));
    for (const index of [0, 1, 3]) expect(checked.stdout.split('\n')).toContain(told[index]);
    expect(told[2]).toBe('events.ndjson:3: projectId: is required: name it in the record, or give --project');
  });

  it('refuses a file that cannot be opened as an outbox before it reads a record', async () => {
    const { folder, outbox } = await prepare();
    folder.write('events.ndjson', '{"type":"custom"}\n');
    folder.write('notes.txt', 'no database '.repeat(1_000));
    for (const path of ['none/box.db', '.', 'notes.txt', ':memory:']) {
      const { code, stderr, stdout } = await outbox(['add', path, 'events.ndjson']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`error: cannot open the outbox ${path}: `);
      expect(stderr).not.toContain('events.ndjson:1');
    }
    expect((await outbox(['status', 'notes.txt'])).code).toBe(2);
  });

  it('lists dead letters with their reasons, replays and discards them', async () => {
    const { folder, emulator, outbox, drain, status } = await prepare();
    folder.write('events.ndjson', lines(3));
    await outbox(['add', 'box.db', 'events.ndjson']);
    emulator.faults.add({ kind: 'status', status: 404 });
    expect((await drain()).code).toBe(1);
    expect(await status()).toMatchObject({ dead: 3, ready: 0 });
    const listed = await outbox(['dead', 'box.db']);
    expect(listed.stdout.split('\n').filter((line) => line.includes('404'))).toHaveLength(3);
    const [first, second] = (await outbox(['dead', 'box.db', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; projectId: string });
    expect(first).toMatchObject({ projectId });
    expect(await outbox(['discard', 'box.db', String(first?.id)])).toMatchObject({ code: 0, stdout: '1 discarded\n' });
    expect(await outbox(['replay', 'box.db', String(second?.id), 'nobody'])).toMatchObject({
      code: 1,
      stdout: '1 replayed\n',
      stderr: 'nobody is of no dead letter\n',
    });
    expect(await status()).toMatchObject({ dead: 1, ready: 1 });
    expect(await outbox(['replay', 'box.db', '--all'])).toMatchObject({ code: 0, stdout: '1 replayed\n' });
    emulator.faults.clear();
    expect(await drain('--json')).toMatchObject({ code: 0 });
    expect(emulator.counts.recorded).toBe(2);
    // What was discarded is not stored again with its file.
    expect(await outbox(['add', 'box.db', 'events.ndjson'])).toMatchObject({
      stdout: '0 stored, 3 were there before, 0 with mistakes\n',
    });
  }, 60_000);

  it('delivers at once what waited for credentials when it is drained with them again', async () => {
    const { folder, emulator, outbox, drain } = await prepare();
    folder.write('events.ndjson', lines(1));
    await outbox(['add', 'box.db', 'events.ndjson']);
    emulator.faults.add({ kind: 'status', status: 401 });
    expect((await drain()).code).toBe(1);
    emulator.faults.clear();
    expect(await drain()).toMatchObject({
      code: 0,
      stdout: '1 delivered, 0 left (0 put off), 0 became dead letters\n',
    });
    expect(await outbox(['add', 'box.db', 'events.ndjson'])).toMatchObject({
      stdout: '0 stored, 1 was there before, 0 with mistakes\n',
    });
  }, 60_000);

  it('leaves what is to be delivered later, and makes it due when the project is released', async () => {
    const { folder, emulator, outbox, drain, status } = await prepare();
    folder.write('events.ndjson', lines(2));
    await outbox(['add', 'box.db', 'events.ndjson']);
    emulator.faults.add({ kind: 'status', status: 401 });
    expect((await drain()).code).toBe(1);
    expect(await status()).toMatchObject({ dead: 0 });
    emulator.faults.clear();
    expect(await outbox(['release', 'box.db', projectId])).toMatchObject({
      code: 0,
      stdout: '2 due now (2 of them had to wait)\n',
    });
    expect(await outbox(['release', 'box.db', projectId])).toMatchObject({
      code: 0,
      stdout: '2 due now (0 of them had to wait)\n',
    });
    expect(await status()).toMatchObject({ ready: 2, delayed: 0 });
    expect((await drain()).code).toBe(0);
    expect(emulator.counts.recorded).toBe(2);
  });

  it('ends while a region is in trouble for longer than the deadline, and keeps what is left for the next time', async () => {
    const { folder, emulator, outbox, drain } = await prepare();
    // More than it takes to use up the region's retries.
    folder.write('events.ndjson', lines(300));
    await outbox(['add', 'box.db', 'events.ndjson']);
    emulator.faults.add({ kind: 'status', status: 503 });
    const { code, stdout, stderr } = await drain('--deadline', '1');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^0 delivered, 300 left .*\nproject .*\n {2}last failure, \d+ s ago: .*(503|the region "eu" is in trouble)/,
    );
    expect(stderr).toBe(
      'The region "eu" is in trouble: one event at a time tries whether it is over.\n' +
        'The region "eu" has delivered nothing for 1 s (--deadline): its events stay stored for the next run.\n',
    );
    expect((await outbox(['status', 'box.db'])).stdout).toMatch(/^ *0 {2}out for delivery$/m);
  }, 60_000);

  it('says by project what is left and why, in drain and afterwards, and does not wait for what is on hold', async () => {
    const { folder, emulator, outbox, drain } = await prepare();
    // More than may be out at once, so that some of a project on hold stay due.
    folder.write('events.ndjson', `${lines(80)}${JSON.stringify(flatRecord({ projectId: 'OTHER-1' }))}\n`);
    await outbox(['add', 'box.db', 'events.ndjson']);
    emulator.faults.add({ kind: 'status', status: 401 });
    const drained = await drain();
    expect(drained.code).toBe(1);
    expect(drained.stderr).toContain(`Project ${projectId} is on hold; the others go on.`);
    const [totals, ...left] = drained.stdout.trim().split('\n');
    expect(totals).toMatch(/^0 delivered, 81 left /);
    expect(left[0]).toMatch(
      new RegExp(`^project ${projectId}, on hold: \\d+ due now, \\d+ due later, the first in .+$`),
    );
    expect(left[1]).toMatch(/^ {2}last failure, \d+ s ago: .*401/);
    expect(left[2]).toMatch(/^project OTHER-1, on hold: 1 due later, the first in /);
    expect(left[3]).toMatch(
      /^ {2}last failure, \d+ s ago: no credentials for project OTHER-1: .*name one that has them with --credentials/,
    );
    expect(left[4]).toContain('clevertap-attribution outbox release box.db <project>');
    const status = await outbox(['status', 'box.db']);
    // What is known of the file alone, in the same words.
    expect(status.stdout.replaceAll(/ \d+ s\b| \d+ min\b/g, '')).toContain(
      left
        .join('\n')
        .replaceAll(', on hold', '')
        .replaceAll(/ \d+ s\b| \d+ min\b/g, ''),
    );
    const { projects } = JSON.parse((await outbox(['status', 'box.db', '--json'])).stdout) as { projects: unknown[] };
    expect(projects).toContainEqual({
      projectId: 'OTHER-1',
      onHold: null,
      ready: 0,
      delayed: 1,
      leased: 0,
      dead: 0,
      nextDueAt: expect.stringMatching(/^2.*Z$/) as unknown,
      trouble: { reason: expect.stringContaining('no credentials') as unknown, at: expect.any(String) as unknown },
    });
  });

  it('says that there is nothing to release of a project that has nothing stored', async () => {
    const { folder, outbox } = await prepare();
    folder.write('events.ndjson', lines(1));
    await outbox(['add', 'box.db', 'events.ndjson']);
    expect(await outbox(['release', 'box.db', 'NONE-1'])).toMatchObject({
      code: 1,
      stdout: 'nothing of project NONE-1 is stored\n',
    });
    expect(await outbox(['release', 'box.db', 'NONE-1', '--json'])).toMatchObject({
      code: 1,
      stdout: '{"released":0,"ready":0,"leased":0}\n',
    });
  });

  it.each(['status', 'dead', 'replay', 'discard', 'release', 'add', 'drain'])(
    'has a description and exit codes in the help of %s',
    async (command) => {
      const { stdout } = await runCli(['outbox', command, '--help'], { cwd: workFolder().path });
      expect(stdout).toMatch(/^Usage: .*\n\n[A-Z]/);
      expect(stdout).toContain('Exit code: 0');
    },
  );

  it('makes no outbox by looking for one', async () => {
    const { folder, outbox } = await prepare();
    for (const command of ['status', 'dead', 'drain'])
      expect(await outbox([command, 'none.db'])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('there is no outbox none.db') as unknown,
      });
    expect(existsSync(folder.at('none.db'))).toBe(false);
  });

  it('shows no secret, in what it prints or stores', async () => {
    const { folder, emulator, outbox, drain } = await prepare();
    folder.write('events.ndjson', lines(3));
    emulator.faults.add({ kind: 'status', status: 404, times: 1 });
    const printed = [
      await outbox(['add', 'box.db', 'events.ndjson']),
      await drain(),
      await outbox(['dead', 'box.db', '--json']),
    ];
    expect(canariesIn(JSON.stringify(printed))).toEqual([]);
    expect(canariesIn(readFileSync(folder.at('box.db'), 'latin1'))).toEqual([]);
  });
});
