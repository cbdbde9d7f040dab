import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AttributionClient } from '../../src/client.js';
import type { AttributionEvent } from '../../src/contract/event.js';
import { isAttributionError } from '../../src/errors.js';
import type { ForwardItem, ForwardResult } from '../../src/forward/forward-result.js';
import { startEmulator, type Fault, type ListeningEmulator } from '../../src/testing/index.js';
import { canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { collect } from '../support/collect.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn } from '../support/failure-of.js';

const DEFAULT = 'DEFAULT';
const KNOWN = [DEFAULT, 'KNOWN-1', 'KNOWN-2'];

/** What a record is like beside its name. */
const recordKind = fc.record({
  projectId: fc.constantFrom(undefined, DEFAULT, 'KNOWN-1', 'KNOWN-2', 'REVOKED', 'MISSING', 'BROKEN'),
  valid: fc.nat(5).map((draw) => draw > 0),
  late: fc.boolean(),
  id: fc.constantFrom(undefined, 'same', 'also the same'),
});

const answer = fc.constantFrom(
  { kind: 'status', status: 429 },
  { kind: 'status', status: 429, retryAfter: 0 },
  { kind: 'status', status: 401 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, retryAfter: 0 },
  { kind: 'status', status: 502, recorded: true },
  { kind: 'status', status: 504, recorded: false },
  { kind: 'status', status: 400 },
  { kind: 'status', status: 404 },
  { kind: 'reset_after', recorded: true },
  { kind: 'reset_after', recorded: false },
  { kind: 'broken_body', recorded: true },
  { kind: 'garbage', recorded: true },
  { kind: 'empty_200', recorded: true },
  { kind: 'html_200', recorded: true },
  { kind: 'fail_200', code: 503 },
  { kind: 'fail_200', recorded: false },
  { kind: 'latency', ms: 2 },
);

const faults = fc.array(
  fc
    .record({ answer, probability: fc.double({ min: 0.02, max: 0.4, noNaN: true }) })
    .map((fault) => ({ ...fault.answer, probability: fault.probability })),
  { maxLength: 5 },
);

/** Most requests of one account at once, if there is a limit to them. */
const bears = fc.constantFrom(undefined, 1, 2, 3);

const scenario = fc.record({
  kinds: fc.array(recordKind, { maxLength: 60, size: 'max' }),
  faults,
  bears,
  seed: fc.integer(),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  perProject: fc.integer({ min: 1, max: 5 }),
  total: fc.integer({ min: 1, max: 8 }),
  lookAhead: fc.integer({ min: 1, max: 30 }),
  asynchronous: fc.boolean(),
});

/** A record whose event can be found again in the emulator's log by its device identifier. */
function makeRecord(
  index: number,
  { projectId, valid, id }: { projectId?: string | undefined; valid: boolean; id?: string | undefined },
): ForwardItem {
  const deviceIdentifier = `device-${index}`;
  const event: AttributionEvent =
    index % 2 === 0 ? customEvent('Checkout', { deviceIdentifier }) : inorganicInstall({ deviceIdentifier });
  return { event: valid ? event : { ...event, platform: '' }, projectId, id };
}

/** Adds what goes wrong; a limit comes first, as the faults behind it decide the answers of those that it lets in. */
function addFaults(emulator: ListeningEmulator<string>, planned: readonly Fault[], most: number | undefined): void {
  if (most !== undefined) {
    emulator.faults.add({ kind: 'parallel_limit', most });
    emulator.faults.add({ kind: 'latency', ms: 1, probability: 0.5 });
  }
  for (const fault of planned) emulator.faults.add(fault);
}

async function lookUp(projectId: string) {
  await nextTurn();
  if (projectId === 'BROKEN') throw new Error('the database is down');
  return projectId === 'MISSING' ? undefined : canaryCredentials({ projectId });
}

it('every record comes out exactly once, and the books of both sides agree', { timeout: 60_000 }, async () => {
  const accounts = KNOWN.map((projectId) => canaryCredentials({ projectId }));
  await fc.assert(
    fc.asyncProperty(
      scenario,
      async ({ kinds, faults: planned, bears: most, seed, asynchronous, lookAhead, ...limits }) => {
        await using emulator = await startEmulator({ listen: 'single', accounts, seed });
        const { perProject, total, maxAttempts } = limits;
        await using client = new AttributionClient({
          partnerName: 'airbridge',
          credentials: canaryCredentials({ projectId: DEFAULT }),
          baseUrl: emulator.baseUrl,
          retry: { maxAttempts, initialDelayMs: 0.5, maxDelayMs: 1 },
          concurrency: { perProject, total },
        });
        addFaults(emulator, planned, most);
        const records = kinds.map((kind, index) => makeRecord(index, kind));
        async function* slowly() {
          for (const [index, record] of records.entries()) {
            if (kinds[index]?.late === true) await nextTurn();
            yield record;
          }
        }
        const source = asynchronous ? slowly() : records;
        const { items, error } = await collect(client.forward(source, { credentials: lookUp, lookAhead }));

        expect(error).toBeUndefined();
        expect(items.map(({ index }) => index).sort((one, other) => one - other)).toEqual(
          records.map((_, index) => index),
        );
        const received = groupByDevice(emulator.received);
        for (const result of items) {
          const record = records[result.index];
          const entries = received.get(`device-${result.index}`) ?? [];
          expect(result.event).toBe(record?.event);
          expect([result.id, result.projectId]).toEqual([record?.id, record?.projectId ?? DEFAULT]);
          checkAgainstBooks(result, entries, kinds[result.index]?.valid === true);
        }
        checkCounters(client, items, emulator.counts.requests);
        expectNothingSecretIn(items);
      },
    ),
    { numRuns: 60 },
  );
});

type Entries = readonly {
  readonly recorded: boolean;
  readonly status: number | undefined;
  readonly accountId: string | undefined;
}[];

function groupByDevice<Entry extends { readonly deviceIdentifier: string | undefined }>(all: readonly Entry[]) {
  const groups = new Map<string, Entry[]>();
  for (const entry of all) {
    const key = entry.deviceIdentifier ?? '';
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return groups;
}

function checkAgainstBooks(
  { status, delivery, error, projectId }: ForwardResult,
  entries: Entries,
  valid: boolean,
): void {
  const recorded = entries.filter((entry) => entry.recorded).length;
  expect(entries).toHaveLength((delivery ?? error).attempts);
  expect(new Set(entries.map(({ accountId }) => accountId)).size).toBeLessThanOrEqual(1);
  if (!valid || projectId === 'MISSING' || projectId === 'BROKEN') expect(entries).toEqual([]);
  if (status === 'delivered') {
    // A 200 that says nothing may hide that the account is not valid, which is why it is not confirmed.
    const known = projectId !== 'REVOKED';
    expect(entries.at(-1)).toMatchObject({ recorded: known, status: 200 });
    expect(known || !delivery.confirmed).toBe(true);
    if (!delivery.maybeDuplicate) expect(recorded).toBe(known ? 1 : 0);
  } else {
    if (!error.maybeRecorded) expect(recorded).toBe(0);
    const refused = ['validation', 'bad_request', 'unexpected_response'].includes(error.code);
    expect(status).toBe(refused ? 'rejected' : 'failed');
  }
}

function checkCounters(client: AttributionClient, results: readonly ForwardResult[], requests: number): void {
  const count = (wanted: string) => results.filter(({ status }) => status === wanted).length;
  expect(count('delivered') + count('rejected') + count('failed')).toBe(results.length);
  const counters = client.counters();
  expect(counters).toMatchObject({ delivered: count('delivered'), pending: 0, inFlight: 0, attempts: requests });
  expect(counters.accepted + counters.refused).toBe(results.length);
  expect(counters.accepted).toBe(counters.delivered + counters.failed);
  // One that failed was tried, or its project was on hold; the others never became an event.
  const failed = results.filter(({ error }) => error && (error.attempts > 0 || error.message.includes('is on hold')));
  expect(counters.failed).toBe(failed.length);
  const duplicates = results.filter(({ delivery }) => delivery?.maybeDuplicate === true).length;
  const unconfirmed = results.filter(({ delivery }) => delivery?.confirmed === false).length;
  expect([counters.maybeDuplicate, counters.unconfirmed]).toEqual([duplicates, unconfirmed]);
}

const disruption = fc.record({
  kind: fc.constantFrom('abort' as const, 'break' as const, 'close' as const, 'none' as const),
  /** Results that are taken before. */
  after: fc.nat(30),
});

const disruptedScenario = fc.record({
  projects: fc.array(fc.constantFrom(DEFAULT, 'KNOWN-1', 'REVOKED'), { maxLength: 60, size: 'max' }),
  faults,
  bears,
  seed: fc.integer(),
  perProject: fc.integer({ min: 1, max: 5 }),
  total: fc.integer({ min: 1, max: 8 }),
  lookAhead: fc.integer({ min: 1, max: 30 }),
  maxPendingPerProject: fc.constantFrom(undefined, 1, 5),
  /** After how many results the credentials of the default project are replaced, each time. */
  rotations: fc.array(fc.nat(40), { maxLength: 4 }),
  disruption,
});

it(
  'nothing is lost or counted twice, also where somebody leaves, aborts, closes or rotates',
  { timeout: 60_000 },
  async () => {
    const passcodes = [1, 2].map((n) =>
      canaryCredentials({ projectId: DEFAULT, projectPasscode: `passcode-number-${n}` }),
    );
    const accounts = [...KNOWN.map((projectId) => canaryCredentials({ projectId })), ...passcodes];
    await fc.assert(
      fc.asyncProperty(disruptedScenario, async ({ projects, faults: planned, bears: most, seed, ...rest }) => {
        const { perProject, total, lookAhead, maxPendingPerProject, rotations, disruption: end } = rest;
        await using emulator = await startEmulator({ listen: 'single', accounts, seed });
        await using client = new AttributionClient({
          partnerName: 'airbridge',
          credentials: canaryCredentials({ projectId: DEFAULT }),
          baseUrl: emulator.baseUrl,
          retry: { maxAttempts: 3, initialDelayMs: 0.5, maxDelayMs: 1 },
          concurrency: { perProject, total },
        });
        addFaults(emulator, planned, most);
        let read = 0;
        function* source() {
          for (const [index, projectId] of projects.entries()) {
            read += 1;
            yield makeRecord(index, { projectId, valid: true });
          }
        }
        const controller = new AbortController();
        const { signal } = controller;
        const options = { credentials: lookUp, lookAhead, maxPendingPerProject, signal };
        const results = client.forward(source(), options);
        const items: ForwardResult[] = [];
        let error: unknown;
        try {
          for await (const result of results) {
            items.push(result);
            for (const at of rotations) {
              if (at === items.length) client.replaceCredentials(passcodes[at % 2] ?? canaryCredentials());
            }
            if (items.length <= end.after) continue;
            if (end.kind === 'break') break;
            if (end.kind === 'abort') controller.abort();
            if (end.kind === 'close') void client.close({ timeoutMs: 0 });
          }
        } catch (thrown) {
          error = thrown;
        }

        expect(error === undefined || (isAttributionError(error) && ['aborted', 'closed'].includes(error.code))).toBe(
          true,
        );
        const indices = items.map(({ index }) => index);
        expect(new Set(indices).size).toBe(indices.length);
        const { accepted, refused, delivered, failed, pending, inFlight, attempts } = client.counters();
        expect([pending, inFlight, accepted + refused]).toEqual([0, 0, read]);
        expect(accepted).toBe(delivered + failed);
        // Whoever breaks off leaves the results of what was under way behind; else there is one for each that was read.
        const left = end.kind === 'break' ? read - items.length : 0;
        expect(items.length + left).toBe(read);
        if (end.kind === 'none')
          expect([error, read, attempts]).toEqual([undefined, projects.length, emulator.counts.requests]);
        const received = groupByDevice(emulator.received);
        for (const { index, delivery, error: failure } of items) {
          const entries = received.get(`device-${index}`) ?? [];
          // One that was given up may have had its request taken back before it was written.
          expect(entries.length).toBeLessThanOrEqual((delivery ?? failure).attempts);
          if (failure?.maybeRecorded === false) expect(entries.some(({ recorded }) => recorded)).toBe(false);
          if (delivery?.confirmed === true) expect(entries.at(-1)).toMatchObject({ recorded: true, status: 200 });
        }
        expect(canariesIn(everythingShownOf(items))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  },
);
