import { expect, it } from 'vitest';
import { readPragma } from '../../../src/outbox/sqlite/database.js';
import { Syncs, type Urgency } from '../../../src/outbox/sqlite/syncs.js';
import { StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

/** Transactions, each of which says how it was committed: synced, not synced, or without anything to sync. */
function open() {
  const { database } = new StoreFixture(folder);
  let now = 0;
  const syncs = new Syncs(database, () => now);
  const opened = () => (database.prepare('SELECT opened FROM totals').get() as { opened: number }).opened;
  const commit = (urgency: Urgency, change = true) =>
    syncs.run(urgency, (finish) => {
      const before = opened();
      database.exec('BEGIN IMMEDIATE');
      if (change) database.exec('UPDATE totals SET opened = opened + 1');
      finish();
      database.exec('COMMIT');
      if (opened() === before) return 'nothing';
      return readPragma(database, 'synchronous') === 2 ? 'synced' : 'not synced';
    });
  return { syncs, commit, pass: (ms: number) => void (now += ms) };
}

it('syncs at once what has to be on the disk at once, and nothing is behind then', () => {
  const { syncs, commit } = open();
  expect(commit('now')).toBe('synced');
  expect(syncs.dueInMs).toBeUndefined();
});

it('syncs what may be there soon with the next that has to be there at once', () => {
  const { syncs, commit, pass } = open();
  expect(commit('soon')).toBe('not synced');
  pass(10);
  expect(commit('soon')).toBe('not synced');
  expect(syncs.dueInMs).toBe(15);
  expect(commit('now')).toBe('synced');
  expect(syncs.dueInMs).toBeUndefined();
});

it('does not put it off for ever', () => {
  const { syncs, commit, pass } = open();
  commit('soon');
  pass(30);
  expect(syncs.dueInMs).toBe(0);
  expect(commit('soon')).toBe('synced');
  expect(syncs.dueInMs).toBeUndefined();
});

it('writes something where there would be nothing to sync, so that what is behind is', () => {
  const { commit } = open();
  expect(commit('now', false)).toBe('nothing');
  commit('soon');
  expect(commit('now', false)).toBe('synced');
  expect(commit('now', false)).toBe('nothing');
});

it('has nothing to sync after a transaction that changed nothing', () => {
  const { syncs, commit } = open();
  expect(commit('soon', false)).toBe('nothing');
  expect(syncs.dueInMs).toBeUndefined();
});

it('stays behind where the sync fails', () => {
  const { syncs, commit } = open();
  commit('soon');
  const failing = () => {
    throw new Error('disk I/O error');
  };
  expect(() => syncs.run('now', failing)).toThrow('disk I/O error');
  expect(syncs.dueInMs).toBe(25);
});
