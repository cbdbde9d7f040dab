import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../../src/testing/index.js';
import { CANARY_PASSCODE, canaryCredentials } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { connectedClient, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';

const NEXT_PASSCODE = `${CANARY_PASSCODE}-next`;
const next = canaryCredentials({ projectPasscode: NEXT_PASSCODE });

describe('replaceCredentials()', () => {
  it('holds for the next event', async () => {
    const { client, emulator } = await connectedClient();
    emulator.setAccounts([next]);
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ code: 'authentication' });
    client.replaceCredentials(next);
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
  });

  it('holds for the next attempt of an event that waits for it', async () => {
    // Replaced while the pause is announced, which is before it begins.
    const { client, emulator } = await connectedClient({
      onNotice: ({ type }) => {
        if (type !== 'retry') return;
        emulator.setAccounts([next]);
        client.replaceCredentials(next);
      },
    });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    expect(await client.send(inorganicInstall())).toMatchObject({ attempts: 2, confirmed: true });
    expect(emulator.received.map(({ credentials }) => credentials)).toEqual(['valid', 'valid']);
  });

  it('holds for events that wait for a place', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 1 } });
    emulator.faults.add({ kind: 'latency', ms: 80, times: 1 });
    const sends = Promise.allSettled([1, 2, 3].map(() => client.send(inorganicInstall())));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    emulator.setAccounts([next]);
    client.replaceCredentials(next);
    expect((await sends).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('of a project holds for that project, as far as this hand on it goes', async () => {
    const { client, emulator } = await connectedClient();
    const project = client.project(canaryCredentials());
    emulator.addAccount(next);
    project.replaceCredentials(next);
    emulator.removeAccount(next.projectId, CANARY_PASSCODE);
    expect(await project.send(inorganicInstall())).toMatchObject({ confirmed: true });
    expect(await failureOf(client.send(inorganicInstall()))).toMatchObject({ code: 'authentication' });
  });

  it('leaves everything as it is where the credentials are wrong, or of another project', async () => {
    const { client } = await connectedClient();
    const project = client.project(canaryCredentials());
    for (const holder of [client, project]) {
      for (const [credentials, path] of [
        [canaryCredentials({ projectId: 'OTHER' }), 'projectId'],
        [canaryCredentials({ projectPasscode: '' }), 'projectPasscode'],
      ] as const) {
        const error = await failureOf(() => holder.replaceCredentials(credentials));
        expect(error).toMatchObject({ code: 'validation', issues: [{ path: [path] }] });
      }
      expect(await holder.send(inorganicInstall())).toMatchObject({ confirmed: true });
    }
  });

  it('needs a default project on a client', async () => {
    const { client } = watchedClient({ credentials: undefined });
    const error = await failureOf(() => client.replaceCredentials(next));
    expect(error).toMatchObject({ code: 'validation' });
    expect(error.message).toContain('without a default project');
  });

  it('with longer credentials ends an event whose URL becomes too long, and only that', async () => {
    const longer = canaryCredentials({ projectPasscode: `${CANARY_PASSCODE}-${'y'.repeat(150)}` });
    const { client, emulator } = await connectedClient({
      maxUrlBytes: 400,
      concurrency: { perProject: 1 },
      onNotice: ({ type }) => {
        if (type === 'retry') client.replaceCredentials(longer);
      },
    });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    const send = client.send(customEvent('long', { params: { filler: 'x'.repeat(100) } }));
    expect(await failureOf(send)).toMatchObject({ code: 'validation', attempts: 1 });
    client.replaceCredentials(canaryCredentials());
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
    expect(client.counters()).toMatchObject({ inFlight: 0, pending: 0, failedByCode: { validation: 1 } });
  });

  it('may move a project to another region, also while its old one is in trouble', async () => {
    const emulator = await startEmulator({ accounts: [canaryCredentials({ region: 'us' })] });
    onTestFinished(() => emulator.close());
    const { client, told } = watchedClient({
      baseUrl: emulator.baseUrl,
      credentials: canaryCredentials({ region: 'in' }),
      retry: { maxAttempts: 1000, initialDelayMs: 5, maxDelayMs: 5 },
    });
    emulator.faults.add({ kind: 'status', status: 503, region: 'in' });
    const source = Array.from({ length: 40 }, () => ({ event: inorganicInstall() }));
    const run = collect(client.forward(source));
    await expect.poll(() => told('retries_suspended')).toHaveLength(1);
    client.replaceCredentials(canaryCredentials({ region: 'us' }));
    const { items } = await run;
    expect(items.map(({ delivery }) => delivery?.region)).toEqual(source.map(() => 'us'));
    expect(emulator.counts.recorded).toBe(40);
  });
});

describe('forward()', () => {
  it('looks credentials up once for each project, and again after they were refused', async () => {
    const { client, emulator } = await connectedClient();
    const lookups: string[] = [];
    let passcode = CANARY_PASSCODE;
    const credentials = (projectId: string) => {
      lookups.push(projectId);
      return Promise.resolve(canaryCredentials({ projectId, projectPasscode: passcode }));
    };
    for (const projectId of ['A', 'B']) emulator.addAccount(canaryCredentials({ projectId }));
    async function* source() {
      for (let index = 0; index < 20; index += 1) yield { event: inorganicInstall(), projectId: index % 2 ? 'A' : 'B' };
      await expect.poll(() => client.counters()).toMatchObject({ accepted: 20, delivered: 20 });
      expect(lookups).toEqual(['B', 'A']);
      emulator.setAccounts([canaryCredentials({ projectId: 'A', projectPasscode: NEXT_PASSCODE })]);
      passcode = NEXT_PASSCODE;
      for (let index = 0; index < 4; index += 1) yield { event: customEvent('old'), projectId: 'A' };
      await expect.poll(() => client.counters()).toMatchObject({ pending: 0 });
      for (let index = 0; index < 10; index += 1) yield { event: customEvent('new'), projectId: 'A' };
    }
    const { items } = await collect(client.forward(source(), { credentials }));
    const statuses = (from: number, to: number) => new Set(items.slice(from, to).map(({ status }) => status));
    expect([statuses(0, 20), statuses(20, 24), statuses(24, 34)]).toEqual([
      new Set(['delivered']),
      new Set(['failed']),
      new Set(['delivered']),
    ]);
    expect(lookups).toEqual(['B', 'A', 'A']);
  });

  it('looks credentials up once more, not once for each event that was refused with the old ones', async () => {
    const { client, emulator } = await connectedClient({ concurrency: { perProject: 1 } });
    let lookups = 0;
    const credentials = (projectId: string) => {
      lookups += 1;
      return canaryCredentials({ projectId, projectPasscode: lookups === 1 ? CANARY_PASSCODE : NEXT_PASSCODE });
    };
    emulator.setAccounts([canaryCredentials({ projectId: 'A', projectPasscode: NEXT_PASSCODE })]);
    const source = Array.from({ length: 40 }, () => ({ event: inorganicInstall(), projectId: 'A' }));
    // Ten are taken on with the old credentials before the first of them is refused.
    const { items } = await collect(client.forward(source, { credentials, lookAhead: 10 }));
    expect(items.filter(({ error }) => error?.code === 'authentication')).toHaveLength(10);
    expect(items.filter(({ status }) => status === 'delivered')).toHaveLength(30);
    expect(lookups).toBe(2);
  });
});
