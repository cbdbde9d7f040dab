import { afterEach, expect, it } from 'vitest';
import type { Claim, ClaimCursor } from '../../../src/outbox/sqlite/store-operations.js';
import { item, someItems, StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
let fixture: StoreFixture;

function open(): StoreFixture {
  return (fixture = new StoreFixture(folder));
}

afterEach(() => fixture.store.close());

function idsOf({ items }: Claim): string[] {
  return items.map(({ id }) => id);
}

it('takes one item of each partition in turn, the oldest first, and goes on where it stopped', () => {
  const { store } = open();
  fixture.add(...someItems(3, 'A'), ...someItems(3, 'B'), ...someItems(1, 'C'));
  const first = fixture.claim({ count: 2 });
  expect(idsOf(first)).toEqual(['A-0', 'B-0']);
  const second = fixture.claim({ count: 4, cursor: first.cursor });
  expect(idsOf(second)).toEqual(['C-0', 'A-1', 'B-1', 'A-2']);
  const third = fixture.claim({ count: 4, cursor: second.cursor });
  expect(idsOf(third)).toEqual(['B-2']);
  expect(third.complete).toBe(true);
  expect(store.stats()).toMatchObject({ ready: 0, leased: 7 });
});

it('serves a partition that has something as fast as ever, however many wait for later', () => {
  open();
  const later = Array.from({ length: 500 }, (_, index) => item(`later-${index}`, `LATER-${index}`));
  fixture.add(...later);
  fixture.settle(fixture.claim({ count: 500 }), { kind: 'retry', at: fixture.now + 50_000, reason: 'on hold' });
  fixture.add(...someItems(20, 'NOW'));
  const claim = fixture.claim({ count: 20 });
  expect(idsOf(claim)).toEqual(someItems(20, 'NOW').map(({ id }) => id));
});

it('goes on in another claim when there are more partitions than it looks at at once', () => {
  open();
  const later = Array.from({ length: 7_000 }, (_, index) => item(`later-${index}`, `LATER-${index}`));
  fixture.add(...later);
  let cursor: ClaimCursor | undefined;
  for (const count of [5_000, 2_000]) {
    const claim = fixture.claim({ count, cursor });
    expect(claim.items).toHaveLength(count);
    fixture.settle(claim, { kind: 'retry', at: fixture.now + 50_000, reason: 'on hold' });
    ({ cursor } = claim);
  }
  fixture.add(item('last', 'LAST'));
  const first = fixture.claim();
  expect(first).toMatchObject({ items: [], complete: false });
  const second = fixture.claim({ cursor: first.cursor });
  expect(idsOf(second)).toEqual(['last']);
  expect(second.complete).toBe(true);
  expect(second.lookAgainAt).toBe(fixture.now + 1_000);
});

it('takes no more of a partition than there is room for, and tells nothing of others by it', () => {
  open();
  fixture.add(...someItems(5, 'A'), ...someItems(5, 'B'), ...someItems(5, 'C'));
  const rooms = new Map([
    ['A', 0],
    ['B', 1],
  ]);
  expect(idsOf(fixture.claim({ perPartition: 2, rooms }))).toEqual(['B-0', 'C-0', 'C-1']);
});

it('leaves alone what is due later, and tells when to look again', () => {
  open();
  fixture.add(item('a', 'A'), item('b', 'B'));
  fixture.settle(fixture.claim(), { kind: 'retry', at: fixture.now + 500, reason: 'not now' });
  const early = fixture.claim();
  expect(early).toMatchObject({ items: [], complete: true, lookAgainAt: fixture.now + 500 });
  fixture.now += 500;
  expect(idsOf(fixture.claim({ cursor: early.cursor }))).toEqual(['a', 'b']);
});

it('makes an item whose lease has ended claimable, and heeds nothing of the one who had it', () => {
  const { store } = open();
  fixture.add(item('a'));
  const first = fixture.claim({ leaseMs: 1_000 });
  expect(fixture.claim()).toMatchObject({ items: [], lookAgainAt: fixture.now + 1_000 });
  fixture.now += 1_000;
  const second = fixture.claim();
  expect(second.items).toMatchObject([{ id: 'a', deliveries: 1 }]);
  expect(fixture.settle(first)).toBe(0);
  expect(fixture.settle(first, { kind: 'dead', reason: 'too late' })).toBe(0);
  expect(fixture.settle(first, { kind: 'retry', at: 0, reason: 'too late' })).toBe(0);
  expect(store.transaction(() => store.handBack([{ seq: first.items[0]?.seq ?? 0, lease: first.lease }]))).toBe(0);
  expect(store.stats()).toMatchObject({ ready: 0, leased: 1, dead: 0 });
  expect(fixture.settle(second)).toBe(1);
});

it('keeps out what is renewed, and only that', () => {
  const { store } = open();
  fixture.add(...someItems(2));
  const claim = fixture.claim({ leaseMs: 1_000 });
  fixture.now += 900;
  const held = [{ seq: claim.items[0]?.seq ?? 0, lease: claim.lease }];
  store.transaction(() => store.renew({ held, until: fixture.now + 1_000 }));
  fixture.now += 500;
  expect(idsOf(fixture.claim())).toEqual(['P-1']);
});

it('knows that every lease is another', () => {
  open();
  fixture.add(...someItems(2));
  expect(fixture.claim({ count: 1 }).lease).not.toBe(fixture.claim({ count: 1 }).lease);
});
