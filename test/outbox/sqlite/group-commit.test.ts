import { describe, expect, it } from 'vitest';
import { commitGroup, type Committing, type StoreRequest } from '../../../src/outbox/sqlite/group-commit.js';
import type { Urgency } from '../../../src/outbox/sqlite/syncs.js';
import { item, StoreFixture } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

function add(number: number, id: string): StoreRequest {
  return { number, name: 'add', argument: [item(id)] };
}

/** A store that counts its transactions and can be made to fail. */
function watched({ store }: StoreFixture, failing: (name: string, argument: unknown) => void = () => undefined) {
  const transactions: string[][] = [];
  const urgencies: Urgency[] = [];
  const watcher = new Proxy(store, {
    get(target, name: keyof Committing) {
      if (name !== 'transaction') {
        return (argument: never) => {
          failing(name, argument);
          transactions.at(-1)?.push(name);
          return target[name](argument);
        };
      }
      return (steps: () => unknown, urgency: Urgency) => {
        transactions.push([]);
        urgencies.push(urgency);
        return target.transaction(steps, urgency);
      };
    },
  });
  return { store: watcher as unknown as Committing, transactions, urgencies };
}

describe('a group of requests', () => {
  it('is committed in one transaction, and what only reads is read after it', () => {
    const fixture = new StoreFixture(folder);
    const { store, transactions } = watched(fixture);
    const answers = commitGroup(store, [
      { number: 1, name: 'stats', argument: null },
      add(2, 'a'),
      add(3, 'b'),
      { number: 4, name: 'discard', argument: ['x'] },
    ]);
    expect(transactions[0]?.slice(0, 3)).toEqual(['add', 'add', 'discard']);
    expect(transactions).toHaveLength(1);
    expect(Object.fromEntries(answers.map((answer) => [answer.number, answer]))).toMatchObject({
      1: { result: { ready: 2 } },
      2: { result: [] },
      3: { result: [] },
      4: { result: 0 },
    });
    fixture.store.close();
  });

  it('need not be on the disk at once where it only hands out: with anything else it has to', () => {
    const fixture = new StoreFixture(folder);
    const { store, urgencies } = watched(fixture);
    const settle: StoreRequest = {
      number: 1,
      name: 'settle',
      argument: { seq: 1, lease: 1, outcome: { kind: 'delivered' } },
    };
    commitGroup(store, [settle, { number: 2, name: 'renew', argument: { held: [], until: 1 } }]);
    commitGroup(store, [settle, add(3, 'a')]);
    commitGroup(store, [{ number: 4, name: 'discard', argument: ['x'] }]);
    expect(urgencies).toEqual(['soon', 'now', 'now']);
    fixture.store.close();
  });

  it('costs nothing but the request that it fails for', () => {
    const fixture = new StoreFixture(folder);
    const { store } = watched(fixture, (_, argument) => {
      if (JSON.stringify(argument).includes('broken')) throw new Error('disk I/O error');
    });
    const answers = commitGroup(store, [add(1, 'a'), add(2, 'broken'), add(3, 'b')]);
    expect(answers).toMatchObject([
      { number: 1, result: [] },
      { number: 2, failure: { kind: 'storage', message: expect.stringContaining('disk I/O error') as string } },
      { number: 3, result: [] },
    ]);
    expect(fixture.store.stats().ready).toBe(2);
    fixture.store.close();
  });

  it('is refused as a whole where the file is locked: each alone would wait as long', () => {
    const fixture = new StoreFixture(folder, { lockTimeoutMs: 0 });
    const other = new StoreFixture(folder, {}, fixture.path);
    other.database.exec('BEGIN IMMEDIATE');
    const { store, transactions } = watched(fixture);
    const answers = commitGroup(store, [add(1, 'a'), add(2, 'b')]);
    expect(answers).toMatchObject([{ failure: { kind: 'storage' } }, { failure: { kind: 'storage' } }]);
    expect(transactions).toHaveLength(1);
    other.database.exec('ROLLBACK');
    other.store.close();
    fixture.store.close();
  });
});
