import { expect, it } from 'vitest';
import { HOLD_AFTER } from '../../src/delivery/authentication-hold.js';
import type { ForwardItem, ForwardResult } from '../../src/forward/forward-result.js';
import { canaryCredentials } from '../support/canary.js';
import { canaryEmulator, watchedClient } from '../support/connected-client.js';
import { inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn } from '../support/failure-of.js';

const PER_PROJECT = 3;
const SICK = ['HANGING', 'PAUSED', 'REFUSED'];
const HEALTHY = Array.from({ length: 12 }, (_, index) => `HEALTHY-${index}`);

function recordsOf(projectId: string, count: number): ForwardItem[] {
  return Array.from({ length: count }, (_, index) => ({
    event: inorganicInstall(),
    projectId,
    id: `${projectId}/${index}`,
  }));
}

/** Projects in trouble of each kind, which lasts until the test is over; a slow one with a long backlog; and healthy ones. */
async function troubledProjects(concurrency: { readonly perProject: number; readonly total: number }) {
  const underWay = new Map<string, number>();
  const most = new Map<string, number>();
  const change = (projectId: string, by: number) => {
    const count = (underWay.get(projectId) ?? 0) + by;
    underWay.set(projectId, count);
    most.set(projectId, Math.max(most.get(projectId) ?? 0, count));
  };
  const known = ['BACKLOG', 'HANGING', 'PAUSED', ...HEALTHY];
  const emulator = await canaryEmulator({
    accounts: known.map((projectId) => canaryCredentials({ projectId })),
    onRequest: ({ accountId = '' }) => change(accountId, 1),
  });
  emulator.faults.add({ kind: 'hang', projectId: 'HANGING' });
  emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3600, projectId: 'PAUSED' });
  emulator.faults.add({ kind: 'latency', ms: 50, projectId: 'BACKLOG' });
  const watched = watchedClient({
    baseUrl: emulator.baseUrl,
    concurrency,
    onNotice: (notice) => {
      if (notice.type === 'attempt') change(notice.projectId, -1);
    },
  });
  return { emulator, most, ...watched };
}

/** Takes results until so many records of healthy projects were delivered. */
async function takeUntilHealthyAreDone(results: AsyncIterable<ForwardResult>, count: number): Promise<ForwardResult[]> {
  const taken: ForwardResult[] = [];
  const iterator = results[Symbol.asyncIterator]();
  for (let left = count; left > 0;) {
    const step = await iterator.next();
    if (step.done === true) throw new Error('it ended before they were delivered');
    taken.push(step.value);
    if (HEALTHY.includes(step.value.projectId ?? '')) {
      expect(step.value.status).toBe('delivered');
      left -= 1;
    }
  }
  return taken;
}

const backlog = recordsOf('BACKLOG', 200);
const sick = SICK.flatMap((projectId) => recordsOf(projectId, 100));
const healthy = Array.from({ length: 10 }, (_, index) =>
  HEALTHY.map((projectId) => ({ event: inorganicInstall(), projectId, id: `${projectId}/${index}` })),
).flat();

it.each([
  ['all at the front of the source', [...backlog, ...sick, ...healthy]],
  ['all mixed', [...backlog, ...sick, ...healthy].map((item, index, all) => all[(index * 7) % all.length] ?? item)],
])('projects in trouble hold no more than their share, %s, and the others get through meanwhile', async (_, source) => {
  const { client, emulator, most, told, notices } = await troubledProjects({ perProject: PER_PROJECT, total: 12 });
  expect(new Set(source).size).toBe(source.length);
  const credentials = (projectId: string) => canaryCredentials({ projectId });
  const results = client.forward(source, { credentials, deadlineMs: Infinity });
  const taken = await takeUntilHealthyAreDone(results, healthy.length);

  const endedOf = (projectId: string) => taken.filter((result) => result.projectId === projectId);
  // Those in trouble still are.
  expect([endedOf('HANGING').length, endedOf('PAUSED').length]).toEqual([0, 0]);
  expect(endedOf('REFUSED').every(({ error }) => error?.code === 'authentication')).toBe(true);
  // The long backlog was not finished first.
  expect(endedOf('BACKLOG').length).toBeLessThan(backlog.length);
  for (const projectId of [...SICK, 'BACKLOG']) expect(most.get(projectId)).toBeLessThanOrEqual(PER_PROJECT);
  const { byProject } = emulator.counts;
  expect(byProject['HANGING']).toBe(PER_PROJECT);
  expect(byProject['PAUSED']).toBeLessThanOrEqual(PER_PROJECT);
  expect(byProject['REFUSED']).toBeLessThan(HOLD_AFTER + PER_PROJECT);
  expect(told('hold').map(({ projectId }) => projectId)).toEqual(['REFUSED']);
  expect(new Set(told('limit').map(({ projectId }) => projectId))).toEqual(new Set(['PAUSED']));
  expectNothingSecretIn([taken, notices]);
});

it('a project that hangs leaves the others their places also where they all came later, one by one', async () => {
  const { client, emulator } = await troubledProjects({ perProject: PER_PROJECT, total: PER_PROJECT + 1 });
  const credentials = (projectId: string) => canaryCredentials({ projectId });
  const stuck = client.forward(recordsOf('HANGING', 50), { credentials });
  const first = stuck.next();
  await expect.poll(() => emulator.counts.requests).toBe(PER_PROJECT);
  for (const projectId of HEALTHY) {
    expect(await client.project(credentials(projectId)).send(inorganicInstall())).toMatchObject({ attempts: 1 });
  }
  expect(emulator.counts.byProject['HANGING']).toBe(PER_PROJECT);
  await client.close({ timeoutMs: 0 });
  expect((await first).value).toMatchObject({ status: 'failed', projectId: 'HANGING' });
});
