import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreOptions } from '../../../src/outbox/sqlite/store.js';
import { readPragma } from '../../../src/outbox/sqlite/database.js';
import type { Claim } from '../../../src/outbox/sqlite/store-operations.js';
import { item, someItems, StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
let fixture: StoreFixture;
const opened = new Set<StoreFixture>();

function open(options: Partial<StoreOptions> = {}): StoreFixture {
  fixture = new StoreFixture(folder, options);
  opened.add(fixture);
  return fixture;
}

afterEach(() => {
  for (const { store } of opened) store.close();
  opened.clear();
});

describe('the id of a delivered event', () => {
  it('is known for as long as it was asked for if the caller chose it', () => {
    open({ rememberMs: 1_000 });
    fixture.add(item('a'));
    fixture.settle(fixture.claim());
    fixture.now += 999;
    expect(fixture.add(item('a'))).toEqual([]);
    fixture.now += 1;
    expect(fixture.add(item('a'))).toEqual(['a']);
  });

  it('is not remembered if nobody chose it, or nothing is to be remembered', () => {
    open();
    fixture.add(item('a', 'P', { named: false }));
    fixture.settle(fixture.claim());
    expect(fixture.add(item('a'))).toEqual(['a']);
    open({ rememberMs: 0 });
    fixture.add(item('a'));
    fixture.settle(fixture.claim());
    expect(fixture.add(item('a'))).toEqual(['a']);
  });

  it('is dropped from the file when its time is over', () => {
    const { store, database } = open({ rememberMs: 1_000 });
    fixture.add(...someItems(1_500));
    fixture.settle(fixture.claim({ count: 1_500, perPartition: 1_500 }));
    fixture.now += 1_000;
    while (store.tidy());
    expect(database.prepare('SELECT count(*) AS count FROM done').get()).toEqual({ count: 0 });
  });
});

describe('the books by project', () => {
  it('add up with more projects than are remembered, in one transaction and in the next', () => {
    const projects = 10_500;
    const { database } = open({ maxEvents: 100_000 });
    const round = (name: string) =>
      Array.from({ length: projects }, (_, index) => item(`${name}-${index}`, `P${index}`, { payload: 'x' }));
    fixture.add(...round('a'), ...round('b'));
    fixture.add(...round('c'));
    const count = () =>
      database.prepare('SELECT count(*) AS projects, min(stored) AS least, max(stored) AS most FROM partitions').get();
    expect(count()).toEqual({ projects, least: 3, most: 3 });
    const { items } = fixture.claim({ count: 5000, perPartition: 1 });
    expect(new Set(items.map(({ partition }) => partition)).size).toBe(5000);
    expect(items.every(({ id, partition }) => partition === `P${id.slice(2)}`)).toBe(true);
  });
});

describe('a dead letter', () => {
  it('keeps the place and the age of its item when it is replayed, and starts with no failure', () => {
    const { store } = open();
    fixture.add(item('a'));
    fixture.settle(fixture.claim(), { kind: 'retry', at: fixture.now, reason: 'x', failingSince: 5 });
    fixture.settle(fixture.claim(), { kind: 'dead', reason: 'it is wrong' });
    fixture.now += 500;
    fixture.add(item('b'));
    expect(store.stats()).toMatchObject({ oldestAgeMs: 0, dead: 1 });
    expect(store.transaction(() => store.replay(['a']))).toBe(1);
    expect(store.stats()).toMatchObject({ oldestAgeMs: 500, dead: 0, ready: 2 });
    const { items } = fixture.claim();
    expect(items).toMatchObject([
      { id: 'a', deliveries: 2, failingSince: undefined, addedAt: 1_000_000 },
      { id: 'b', deliveries: 0 },
    ]);
  });

  it('has its id known: in the step in which it died, in the next, and to whoever else uses the file', () => {
    const { store, path } = open();
    fixture.add(item('a'), item('b'));
    const { items, lease } = fixture.claim({ count: 1 });
    const known = store.transaction(() => {
      const before = store.add([item('c')]);
      for (const { seq } of items) store.settle({ seq, lease, outcome: { kind: 'dead', reason: 'it is wrong' } });
      return [before, store.add([item('a')])];
    });
    expect(known).toEqual([[], [0]]);
    expect(fixture.add(item('a'), item('d'))).toEqual(['d']);
    const other = new StoreFixture(folder, {}, path);
    opened.add(other);
    expect(other.add(item('a'), item('e'))).toEqual(['e']);
  });

  it('is dropped for good: its id, if somebody chose it, stays known like one that was delivered', () => {
    const { store } = open({ rememberMs: 1_000 });
    fixture.add(item('a'), item('b', 'P', { named: false }));
    fixture.settle(fixture.claim({ count: 2 }), { kind: 'dead', reason: 'it is wrong' });
    expect(store.transaction(() => store.discard(['a', 'b']))).toBe(2);
    expect(fixture.add(item('a'), item('b', 'P', { named: false }))).toEqual(['b']);
    fixture.now += 1_001;
    expect(fixture.add(item('a'))).toEqual(['a']);
  });

  it('is listed page by page, also if those before it are gone', () => {
    const { store } = open();
    fixture.add(...someItems(5));
    fixture.settle(fixture.claim(), { kind: 'dead', reason: 'it is wrong' });
    const first = store.dead({ after: 0, limit: 2 });
    expect(first.letters.map(({ id }) => id)).toEqual(['P-0', 'P-1']);
    store.transaction(() => store.discard(['P-0', 'P-1', 'P-2']));
    const second = store.dead({ after: first.next ?? NaN, limit: 2 });
    expect(second.letters.map(({ id }) => id)).toEqual(['P-3', 'P-4']);
    expect(store.dead({ after: second.next ?? NaN, limit: 2 })).toEqual({ letters: [], next: undefined });
  });
});

it('releases in steps, oldest due first, and only what waits for later', () => {
  const { store } = open();
  fixture.add(...someItems(5), ...someItems(1, 'Q'));
  const claim = fixture.claim({ count: 5 });
  for (const [index, { seq }] of claim.items.entries()) {
    const outcome = { kind: 'retry', at: fixture.now + 100 * (index + 1), reason: 'on hold' } as const;
    store.transaction(() => store.settle({ seq, lease: claim.lease, outcome }));
  }
  const step = { partition: 'P', now: fixture.now, limit: 3 };
  expect(store.stats()).toMatchObject({ ready: 1, delayed: 5 });
  expect(store.transaction(() => store.release(step))).toBe(3);
  expect(store.transaction(() => store.release(step))).toBe(1);
  expect(store.transaction(() => store.release(step))).toBe(0);
  expect(store.stats()).toMatchObject({ ready: 5, delayed: 1 });
});

it('undoes everything of a transaction that fails, its counts included', () => {
  const { store } = open({ maxEvents: 3 });
  const failing = (): void =>
    store.transaction(() => {
      store.add(someItems(3, 'NEW'));
      throw new Error('no');
    });
  expect(failing).toThrow('no');
  expect(store.stats()).toMatchObject({ ready: 0 });
  expect(fixture.add(...someItems(3, 'NEW'))).toHaveLength(3);
  expect(fixture.claim().items.map(({ partition }) => partition)).toEqual(['NEW', 'NEW', 'NEW']);
});

it('syncs each commit, whatever the driver was built for', () => {
  const { database } = open();
  fixture.add(item('a'));
  expect(readPragma(database, 'synchronous')).toBe(2);
  expect(readPragma(database, 'journal_mode')).toBe('wal');
  expect(readPragma(database, 'auto_vacuum')).toBe(2);
});

it('loses and doubles nothing, whatever is done in whatever order: added is delivered, discarded or stored', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      count: fc.integer({ min: 1, max: 4 }),
      partition: fc.constantFrom('A', 'B', 'C'),
    }),
    fc.record({ do: fc.constant('claim' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({
      do: fc.constant('settle' as const),
      kind: fc.constantFrom('delivered' as const, 'retry' as const, 'dead' as const),
    }),
    fc.record({
      do: fc.constantFrom(
        'replay' as const,
        'discard' as const,
        'release' as const,
        'handBack' as const,
        'wait' as const,
      ),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { store } = open({ maxEvents: 30, maxShare: 0.6 });
      const claims: Claim[] = [];
      let [added, delivered, discarded, next] = [0, 0, 0, 0];
      for (const taken of steps) {
        switch (taken.do) {
          case 'add': {
            const items = Array.from({ length: taken.count }, () => item(`id-${(next += 1)}`, taken.partition));
            const known = store.transaction(() => store.add(items));
            if (!('kind' in known)) added += items.length - known.length;
            break;
          }
          case 'claim':
            claims.push(fixture.claim({ count: taken.count, cursor: claims.at(-1)?.cursor }));
            break;
          case 'settle': {
            const claim = claims.shift();
            if (claim === undefined) break;
            const outcome = { kind: taken.kind, at: fixture.now + 400, reason: 'because' };
            const heeded = fixture.settle(claim, outcome);
            if (taken.kind === 'delivered') delivered += heeded;
            break;
          }
          case 'handBack': {
            const claim = claims.at(0);
            if (claim === undefined) break;
            store.transaction(() => store.handBack(claim.items.map(({ seq }) => ({ seq, lease: claim.lease }))));
            break;
          }
          case 'replay':
            store.transaction(() => store.replay(store.dead({ after: 0, limit: 1 }).letters.map(({ id }) => id)));
            break;
          case 'discard':
            discarded += store.transaction(() =>
              store.discard(store.dead({ after: 0, limit: 1 }).letters.map(({ id }) => id)),
            );
            break;
          case 'release':
            store.transaction(() => store.release({ partition: 'A', now: fixture.now, limit: 10 }));
            break;
          case 'wait':
            fixture.now += 600;
        }
        const { ready, delayed, leased, dead } = store.stats();
        expect(added).toBe(delivered + discarded + ready + delayed + leased + dead);
        expectCountsToHold();
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

/** The counts that are kept, against those that are there. */
function expectCountsToHold(): void {
  const { database } = fixture;
  const size = 'octet_length(payload) + octet_length(id) + 100';
  const counted = database.prepare('SELECT key, stored, bytes FROM partitions WHERE stored > 0 ORDER BY key').all();
  const there = database
    .prepare(
      `SELECT partition AS key, count(*) AS stored, sum(size) AS bytes FROM (
         SELECT partition, ${size} AS size FROM items UNION ALL SELECT partition, ${size} FROM dead)
       GROUP BY partition ORDER BY partition`,
    )
    .all();
  expect(counted).toEqual(there);
  expect(database.prepare('SELECT stored FROM totals').get()).toEqual(
    database.prepare('SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM dead) AS stored').get(),
  );
}
