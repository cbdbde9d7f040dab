import { afterEach, expect, it } from 'vitest';
import { item, someItems, StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
let fixture: StoreFixture;

function open(path?: string): StoreFixture {
  fixture = new StoreFixture(folder, {}, path);
  return fixture;
}

afterEach(() => fixture.store.close());

it('counts what is stored by partition, and leaves out those of which nothing is left', () => {
  const { store } = open();
  fixture.add(item('gone', 'NONE'));
  fixture.settle(fixture.claim());
  fixture.add(...someItems(4));
  const claimOne = () => fixture.claim({ count: 1 });
  fixture.settle(claimOne(), { kind: 'dead', reason: 'it is wrong' });
  fixture.settle(claimOne(), { kind: 'retry', at: fixture.now + 700, reason: 'it is down' });
  claimOne();
  fixture.add(...someItems(2, 'A'));
  expect(store.partitions()).toEqual([
    { partition: 'A', ready: 2, delayed: 0, leased: 0, dead: 0, nextDueAt: undefined, trouble: undefined },
    {
      partition: 'P',
      ready: 1,
      delayed: 1,
      leased: 1,
      dead: 1,
      nextDueAt: fixture.now + 700,
      trouble: { reason: 'it is down', at: fixture.now },
    },
  ]);
});

it('keeps the last reason of a partition until a delivery of it succeeds, also when the file is opened anew', () => {
  const { path } = open();
  const reasons = (): unknown => fixture.store.partitions().map(({ trouble }) => trouble?.reason);
  fixture.add(...someItems(3));
  const fail = (reason: string, at: number) =>
    fixture.settle(fixture.claim({ count: 1 }), { kind: 'retry', at, reason });
  fail('first', fixture.now + 100);
  fail('second', fixture.now + 100);
  fixture.store.close();
  open(path);
  expect(reasons()).toEqual(['second']);
  // Handed back by a process that stopped: nothing was found wrong.
  fail('it was handed back', fixture.now);
  expect(reasons()).toEqual(['second']);
  fixture.settle(fixture.claim({ count: 1 }));
  expect(reasons()).toEqual([undefined]);
});

it('brings a file of the first version up to date with all that it holds', () => {
  const { path, database } = open();
  fixture.add(...someItems(2));
  database.exec(
    'ALTER TABLE partitions DROP COLUMN trouble; ALTER TABLE partitions DROP COLUMN trouble_at; PRAGMA user_version = 1',
  );
  fixture.store.close();
  open(path);
  expect(fixture.store.partitions()).toMatchObject([{ partition: 'P', ready: 2 }]);
});
