import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions } from '../../src/options.js';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator, connectedClient, watchedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { failureOf } from '../support/failure-of.js';

const projectIds = (count: number) => Array.from({ length: count }, (_, index) => `PROJECT-${index}`);

/** An emulator that holds answers back a little, and the most requests that were open at once, in total and per project. */
async function countingEmulator(ids: readonly string[]) {
  const open = new Map<string, number>();
  const most = { total: 0, perProject: 0 };
  let total = 0;
  const emulator = await canaryEmulator({
    accounts: ids.map((projectId) => canaryCredentials({ projectId })),
    onRequest: ({ accountId = '' }) => {
      total += 1;
      open.set(accountId, (open.get(accountId) ?? 0) + 1);
      most.total = Math.max(most.total, total);
      most.perProject = Math.max(most.perProject, open.get(accountId) ?? 0);
      // Before the answer goes out, which is when the client may send the next one.
      setTimeout(() => {
        total -= 1;
        open.set(accountId, (open.get(accountId) ?? 0) - 1);
      }, 1);
    },
  });
  emulator.faults.add({ kind: 'latency', ms: 5 });
  return { emulator, most };
}

describe('project()', () => {
  it('sends with its own credentials, to its own region', async () => {
    const accounts = [
      canaryCredentials({ projectId: 'A', region: 'in' }),
      canaryCredentials({ projectId: 'B', region: 'us1' }),
    ];
    const emulator = await startEmulator({ accounts });
    onTestFinished(() => emulator.close());
    const { client, told } = watchedClient({ baseUrl: emulator.baseUrl });
    const deliveries = await Promise.all(accounts.map((account) => client.project(account).send(inorganicInstall())));
    expect(deliveries.map(({ projectId, region }) => [projectId, region])).toEqual([
      ['A', 'in'],
      ['B', 'us'],
    ]);
    expect(emulator.received.map(({ region, accountId }) => [accountId, region]).sort()).toEqual([
      ['A', 'in'],
      ['B', 'us'],
    ]);
    expect(new Set(told('delivered').map(({ region, projectId }) => `${projectId} ${region}`))).toEqual(
      new Set(['A in', 'B us']),
    );
    expect(client.regions().map(({ region, requests }) => [region, requests])).toEqual([
      ['in', 1],
      ['us', 1],
    ]);
  });

  it('refuses credentials that are none', async () => {
    const { client } = watchedClient();
    const error = await failureOf(() => client.project(canaryCredentials({ projectId: ' ', region: 'mars' })));
    expect(error).toMatchObject({ code: 'validation', issues: [{ path: ['projectId'] }, { path: ['region'] }] });
  });

  it('by the thousand shares the connections', async () => {
    const ids = projectIds(2000);
    const emulator = await canaryEmulator({ accounts: ids.map((projectId) => canaryCredentials({ projectId })) });
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, concurrency: { total: 16 } });
    const projects = ids.map((projectId) => client.project(canaryCredentials({ projectId })));
    const deliveries = await Promise.all(projects.map((project) => project.send(inorganicInstall())));
    expect(deliveries.map(({ projectId }) => projectId)).toEqual(ids);
    expect(emulator.counts.recorded).toBe(2000);
    expect(emulator.connections.total).toBeLessThanOrEqual(16);
  });
});

describe('the requests in flight', () => {
  it('are never more than perProject for a project, nor more than total', async () => {
    const ids = projectIds(8);
    const { emulator, most } = await countingEmulator(ids);
    let mostInFlight = 0;
    const { client } = watchedClient({
      baseUrl: emulator.baseUrl,
      concurrency: { perProject: 3, total: 10 },
      onNotice: () => {
        mostInFlight = Math.max(mostInFlight, client.counters().inFlight);
      },
    });
    const projects = ids.map((projectId) => client.project(canaryCredentials({ projectId })));
    await Promise.all(
      projects.flatMap((project) => Array.from({ length: 30 }, () => project.send(inorganicInstall()))),
    );
    expect(most.total).toBeLessThanOrEqual(10);
    expect(most.perProject).toBeLessThanOrEqual(3);
    expect(mostInFlight).toBeLessThanOrEqual(10);
    expect(emulator.connections.total).toBeLessThanOrEqual(10);
    expect(emulator.counts.recorded).toBe(240);
  });

  it.each<[string, Partial<ClientOptions>, number]>([
    ['as many as perProject', { concurrency: { perProject: 3 } }, 3],
    ['as many as total, where that is fewer', { concurrency: { total: 4 } }, 4],
    ['as many as there are connections, where those are fewer', { connections: 2 }, 2],
    ['ten, where nothing is said', {}, 10],
  ])('are %s for one project, however many hands there are on it', async (_, options, most) => {
    const { client, emulator } = await connectedClient(options);
    emulator.faults.add({ kind: 'hang' });
    const hands = [client, client.project(canaryCredentials()), client.project(canaryCredentials())];
    const sends = hands.flatMap((hand) => Array.from({ length: 20 }, () => hand.send(inorganicInstall())));
    const ends = Promise.allSettled(sends);
    await expect.poll(() => emulator.counts.requests).toBe(most);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(emulator.counts.requests).toBe(most);
    expect(emulator.connections.total).toBe(most);
    await client.close({ timeoutMs: 0 });
    await ends;
    expect(emulator.counts.requests).toBe(most);
  });

  it('are as many as total for many projects', async () => {
    const ids = projectIds(7);
    const emulator = await canaryEmulator({ accounts: ids.map((projectId) => canaryCredentials({ projectId })) });
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, concurrency: { perProject: 2, total: 9 } });
    emulator.faults.add({ kind: 'hang' });
    const projects = ids.map((projectId) => client.project(canaryCredentials({ projectId })));
    const ends = Promise.allSettled(
      projects.flatMap((project) => [1, 2, 3].map(() => project.send(inorganicInstall()))),
    );
    await expect.poll(() => emulator.counts.requests).toBe(9);
    expect(Math.max(...Object.values(emulator.counts.byProject))).toBe(2);
    await client.close({ timeoutMs: 0 });
    await ends;
  });

  it('are bounded in retries as well', async () => {
    const { emulator, most } = await countingEmulator(['SAME']);
    emulator.faults.add({ kind: 'status', status: 503, probability: 0.4 });
    const { client } = watchedClient({
      baseUrl: emulator.baseUrl,
      concurrency: { perProject: 2 },
      retry: { maxAttempts: 20 },
    });
    const project = client.project(canaryCredentials({ projectId: 'SAME' }));
    await Promise.all(Array.from({ length: 40 }, () => project.send(inorganicInstall())));
    expect(most.perProject).toBeLessThanOrEqual(2);
  });
});

describe('the turns of projects', () => {
  it('leave a project with one event waiting for no more than a round of the others', async () => {
    const ids = projectIds(3);
    const { emulator } = await countingEmulator(ids);
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, concurrency: { perProject: 10, total: 4 } });
    const [long, other, late] = ids.map((projectId) => client.project(canaryCredentials({ projectId })));
    const backlog = Array.from({ length: 200 }, () => long?.send(customEvent('backlog')));
    const second = Array.from({ length: 50 }, () => other?.send(customEvent('second')));
    await expect.poll(() => emulator.counts.requests).toBeGreaterThan(10);
    const before = emulator.counts.requests;
    await late?.send(customEvent('late'));
    const position = emulator.received.findIndex(({ eventType }) => eventType === 'late') - before;
    // Four may be on their way to the server, then one of each of the other two before its turn.
    expect(position).toBeLessThanOrEqual(4 + 2);
    await Promise.all([...backlog, ...second]);
  });

  it('are of one event each', async () => {
    const ids = projectIds(2);
    const { emulator } = await countingEmulator(ids);
    const { client } = watchedClient({ baseUrl: emulator.baseUrl, concurrency: { total: 1 } });
    const [one, other] = ids.map((projectId) => client.project(canaryCredentials({ projectId })));
    await Promise.all([
      ...Array.from({ length: 10 }, () => one?.send(customEvent('one'))),
      ...Array.from({ length: 10 }, () => other?.send(customEvent('other'))),
    ]);
    const order = emulator.received.map(({ eventType }) => eventType);
    // The first is on its way before the second project has anything to send.
    expect(order).toEqual(['one', ...Array.from({ length: 9 }, () => ['one', 'other']).flat(), 'other']);
  });
});

describe('maxPending', () => {
  it('turns away what is too much, at once, and takes more when there is room', async () => {
    const { client, emulator } = await connectedClient({ maxPending: 5 });
    emulator.faults.add({ kind: 'latency', ms: 50 });
    const project = client.project(canaryCredentials());
    const pending = [1, 2, 3, 4, 5].map(() => client.send(inorganicInstall()));
    for (const holder of [client, project]) {
      const error = await failureOf(holder.send(inorganicInstall()));
      expect(error).toMatchObject({ code: 'overflow', retryable: true, attempts: 0, maybeRecorded: false });
      expect(error.message).toContain('5 events are pending, as many as maxPending allows');
    }
    expect(client.counters()).toMatchObject({ accepted: 5, pending: 5, refused: 2 });
    await Promise.all(pending);
    expect(await client.send(inorganicInstall())).toMatchObject({ confirmed: true });
    expect(emulator.counts.requests).toBe(6);
  });

  it('does not bind forward(), which has a bound of its own', async () => {
    const { client } = await connectedClient({ maxPending: 1 });
    const statuses: string[] = [];
    const source = Array.from({ length: 20 }, () => ({ event: inorganicInstall() }));
    for await (const { status } of client.forward(source)) statuses.push(status);
    expect(statuses).toEqual(source.map(() => 'delivered'));
  });
});

describe('what is not valid', () => {
  it('is refused before anything is sent', async () => {
    const { client, emulator } = await connectedClient();
    const invalid: unknown[] = [
      undefined,
      null,
      'event',
      {},
      inorganicInstall({ utmSource: ' ' }),
      { ...customEvent(), utm_source: 'google' },
      customEvent('x', { params: { account_id: 'OTHER' } }),
      customEvent('x', { params: { filler: 'x'.repeat(9000) } }),
    ];
    for (const event of invalid) {
      const error = await failureOf(client.send(event as never));
      expect(error).toMatchObject({ code: 'validation', attempts: 0, retryable: false });
    }
    expect(emulator.connections.total).toBe(0);
    expect(client.counters()).toMatchObject({ accepted: 0, refused: invalid.length, failed: 0 });
  });

  it('is a client without a default project, where none is named', async () => {
    const { client } = watchedClient({ credentials: undefined });
    const error = await failureOf(client.send(inorganicInstall()));
    expect(error).toMatchObject({ code: 'validation', issues: [{ path: ['credentials'] }] });
    expect(error.message).toContain('client.project(credentials)');
  });
});
