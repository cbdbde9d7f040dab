import { statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreOptions } from '../../../src/outbox/sqlite/store.js';
import { openRaw } from './raw-database.js';
import { item, someItems, StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
let fixture: StoreFixture;

function open(options: Partial<StoreOptions>): StoreFixture {
  return (fixture = new StoreFixture(folder, options));
}

afterEach(() => fixture.store.close());

describe('the bound by events', () => {
  it('holds for what waits, what is out and what is dead, and is lifted by delivering and discarding', () => {
    const { store } = open({ maxEvents: 4 });
    fixture.add(...someItems(4));
    fixture.settle(fixture.claim({ count: 1 }), { kind: 'dead', reason: 'it is wrong' });
    expect(() => fixture.add(item('x'))).toThrow('it holds 4 of at most 4 events (maxEvents)');
    fixture.settle(fixture.claim({ count: 1 }));
    fixture.add(item('x'));
    expect(() => fixture.add(item('y'))).toThrow('maxEvents');
    expect(store.transaction(() => store.discard(['P-0']))).toBe(1);
    expect(fixture.add(item('y'))).toEqual(['y']);
  });

  it('counts only what is new in a call', () => {
    open({ maxEvents: 4 });
    fixture.add(...someItems(3));
    expect(fixture.add(...someItems(4))).toEqual(['P-3']);
    expect(fixture.add(...someItems(4))).toEqual([]);
  });

  it('counts an id that stands twice in a call for as much as it says, and takes it once', () => {
    open({ maxEvents: 4 });
    expect(fixture.add(item('a'), item('a'))).toEqual(['a']);
    expect(fixture.store.stats().ready).toBe(1);
  });

  it('is counted by all processes together', () => {
    open({ maxEvents: 4 });
    fixture.add(...someItems(2));
    const other = new StoreFixture(folder, { maxEvents: 4 }, fixture.path);
    other.add(...someItems(2, 'Q'));
    other.store.close();
    expect(() => fixture.add(item('x'))).toThrow('it holds 4 of at most 4');
  });
});

describe('the share of a partition', () => {
  it('leaves room for others, and says whose share is full', () => {
    const { store } = open({ maxEvents: 10, maxShare: 0.5 });
    fixture.add(...someItems(5, 'IN TROUBLE'));
    const refused = store.transaction(() => store.add([item('x', 'IN TROUBLE')]));
    expect(refused).toMatchObject({ kind: 'overflow', projectId: 'IN TROUBLE' });
    expect(refused).toHaveProperty('message', expect.stringContaining('5 of at most 5 events (maxShare 0.5)'));
    expect(fixture.add(...someItems(5, 'OTHER'))).toHaveLength(5);
  });

  it('counts bytes as well as events', () => {
    open({ maxBytes: 1_000_000, maxShare: 0.1 });
    fixture.add(...someItems(9, 'LARGE', 'x'.repeat(10_000)));
    expect(() => fixture.add(item('x', 'LARGE', { payload: 'x'.repeat(10_000) }))).toThrow(
      /of at most 100000 bytes \(maxShare 0.1\)/,
    );
    fixture.settle(fixture.claim({ count: 1 }));
    fixture.add(item('x', 'LARGE', { payload: 'x'.repeat(10_000) }));
  });

  it('is at least one event', () => {
    open({ maxEvents: 2, maxShare: 0.1 });
    expect(fixture.add(item('a', 'A'))).toEqual(['a']);
    expect(() => fixture.add(item('b', 'A'))).toThrow('share');
  });
});

describe('the bound by bytes', () => {
  const maxBytes = 512 * 1024;

  function fill(payload: string): number {
    for (let count = 0; ; count += 1) {
      const report = fixture.store.transaction(() => fixture.store.add([item(`fill-${count}`, 'P', { payload })]));
      if ('kind' in report) {
        expect(report.message).toContain('bytes in use (maxBytes)');
        return count;
      }
    }
  }

  it('refuses before the file has grown beyond it, and settles in every way what it holds', () => {
    const { store, path } = open({ maxBytes });
    const count = fill('x'.repeat(200));
    expect(count).toBeGreaterThan(500);
    expect(statSync(path).size).toBeLessThanOrEqual(maxBytes + 64 * 1024);
    const later = fixture.now + 1_000;
    fixture.settle(fixture.claim({ count, perPartition: count }), { kind: 'retry', at: later, reason: 'not now' });
    expect(store.transaction(() => store.release({ partition: 'P', now: fixture.now, limit: count }))).toBe(count);
    const dying = fixture.claim({ count, perPartition: count });
    expect(fixture.settle(dying, { kind: 'dead', reason: 'it is wrong, and this says why at some length' })).toBe(
      count,
    );
    expect(store.transaction(() => store.replay(dying.items.map(({ id }) => id)))).toBe(count);
    expect(fixture.settle(fixture.claim({ count, perPartition: count }))).toBe(count);
    expect(store.stats()).toMatchObject({ ready: 0, dead: 0 });
    expect(statSync(path).size).toBeLessThanOrEqual(maxBytes * 1.125 + 256 * 4096);
  });

  it('forgets ids of delivered events rather than to refuse new ones', () => {
    open({ maxBytes });
    for (let round = 0; round < 20; round += 1) {
      const items = Array.from({ length: 500 }, (_, index) => item(`${'long id '.repeat(10)} ${round} ${index}`));
      expect(fixture.add(...items)).toHaveLength(500);
      expect(fixture.settle(fixture.claim({ count: 500, perPartition: 500 }))).toBe(500);
    }
    expect(fixture.add(item(`${'long id '.repeat(10)} 19 499`)), 'the last are still known').toEqual([]);
    expect(fixture.add(item(`${'long id '.repeat(10)} 0 0`)), 'the first are not').toHaveLength(1);
  });

  it('gives space back once little is stored', () => {
    const { store, path } = open({ maxBytes: 2 ** 30 });
    fixture.add(...someItems(5_000, 'P', 'x'.repeat(1_000)));
    const raw = openRaw(path);
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const full = statSync(path).size;
    fixture.settle(fixture.claim({ count: 5_000, perPartition: 5_000 }));
    let steps = 0;
    fixture.now += 60_000;
    while (store.tidy()) steps += 1;
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    raw.close();
    expect(steps).toBeGreaterThan(3);
    expect(statSync(path).size).toBeLessThan(full / 3);
  });
});

it('tells of a file that can grow no more as of a full queue, and goes on delivering', () => {
  const { store, path } = open({});
  fixture.add(...someItems(50, 'P', 'x'.repeat(1_000)));
  store.close();
  // A bound that pages are counted by, and no bound of our own that would refuse before.
  fixture = new StoreFixture(folder, { maxBytes: 2 ** 30 }, path);
  fixture.database.exec('PRAGMA max_page_count = 1');
  expect(() => fixture.add(...someItems(50, 'Q', 'x'.repeat(1_000)))).toThrow(/full/);
  expect(fixture.settle(fixture.claim({ count: 50 }))).toBe(50);
  expect(fixture.add(...someItems(3, 'R'))).toHaveLength(3);
});
