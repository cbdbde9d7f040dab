import assert from 'node:assert/strict';
import { isAttributionError } from '../errors.js';
import type { Outcome, QueueDelivery } from '../outbox/queue.js';
import type { QueueCheck } from './queue-check.js';
import { deadOf, idsOf, items } from './queue-trial.js';
import { delivered, settleAsDelivered } from './settle-as-delivered.js';

/** How every queue must keep what it is given, and tell of it. */
export const queueChecks: readonly QueueCheck[] = [
  {
    name: 'keeps what it acknowledged, for whoever opens it next',
    async run(trial) {
      const first = await trial.open();
      const report = await first.enqueue(items(5));
      assert.deepEqual([...report.added].sort(), idsOf(items(5)));
      assert.deepEqual(report.duplicates, []);
      await first.close();
      const second = await trial.open();
      const got: QueueDelivery[] = [];
      await trial.consume(second, (delivery) => {
        got.push(delivery);
        return Promise.resolve(delivered);
      });
      await trial.untilEmpty(second);
      const expected = items(5).map(({ id, partition, payload }) => ({ id, partition, payload, deliveries: 0 }));
      assert.deepEqual(
        got
          .map(({ id, partition, payload, deliveries }) => ({ id, partition, payload, deliveries }))
          .sort((a, b) => (a.id < b.id ? -1 : 1)),
        expected,
      );
      assert.ok(got.every(({ addedAt, failingSince }) => addedAt > 0 && failingSince === undefined));
    },
  },
  {
    name: 'hands an item out as it was stored: whether it was named, and since when, if it was stored elsewhere before',
    async run(trial) {
      const queue = await trial.open();
      const [moved, fresh] = items(2);
      assert.ok(moved !== undefined && fresh !== undefined);
      const addedAt = Date.now() - 3_600_000;
      await queue.enqueue([
        { ...moved, addedAt },
        { ...fresh, named: false },
      ]);
      const got: QueueDelivery[] = [];
      await trial.consume(queue, (delivery) => {
        got.push(delivery);
        return Promise.resolve(delivered);
      });
      await trial.untilEmpty(queue);
      const of = (item: { readonly id: string }) => got.find(({ id }) => id === item.id);
      assert.equal(of(moved)?.addedAt, addedAt);
      assert.equal(of(moved)?.named, true);
      assert.ok((of(fresh)?.addedAt ?? 0) > addedAt);
      assert.equal(of(fresh)?.named, false);
    },
  },
  {
    name: 'takes the same id for the same item: while it waits, once it is a dead letter, after it was delivered',
    async run(trial) {
      const queue = await trial.open();
      const [waits, dies] = items(2);
      assert.ok(waits !== undefined && dies !== undefined);
      await queue.enqueue([waits, dies]);
      assert.deepEqual(await queue.enqueue([waits]), { added: [], duplicates: [waits.id] });
      const twice = { ...waits, id: 'twice in a call' };
      const report = await queue.enqueue([twice, twice]);
      assert.deepEqual(report, { added: [twice.id], duplicates: [twice.id] });
      const ids = await trial.consumeAll(queue, (id) =>
        id === dies.id ? { kind: 'dead', reason: 'it is wrong' } : delivered,
      );
      await trial.untilEmpty(queue);
      assert.deepEqual(await queue.enqueue([waits, dies]), { added: [], duplicates: [waits.id, dies.id] });
      await trial.untilEmpty(queue);
      assert.equal(ids.length, 3);
    },
  },
  {
    name: 'hands an item out again when it is due, not earlier, and keeps since when it fails',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(1));
      const seen: { at: number; delivery: QueueDelivery }[] = [];
      let due = 0;
      await trial.consume(queue, (delivery) => {
        seen.push({ at: Date.now(), delivery });
        if (seen.length > 1) return Promise.resolve(delivered);
        due = Date.now() + 300;
        return Promise.resolve({ kind: 'retry', at: due, reason: 'not now', failingSince: 1_234 });
      });
      await trial.until('the item is delayed', async () => (await queue.stats()).delayed === 1 || seen.length === 2);
      await trial.untilEmpty(queue);
      assert.equal(seen.length, 2);
      assert.ok((seen[1]?.at ?? 0) >= due);
      assert.equal(seen[1]?.delivery.failingSince, 1_234);
      assert.equal(seen[1].delivery.deliveries, 1);
      assert.equal(seen[1].delivery.addedAt, seen[0]?.delivery.addedAt);
    },
  },
  {
    name: 'makes what is due later due now when a partition is released, and leaves other partitions alone',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue([...items(3, { partition: 'P', prefix: 'p' }), ...items(3, { partition: 'Q', prefix: 'q' })]);
      const hour = Date.now() + 3_600_000;
      let hold = true;
      const ids = await trial.consumeAll(queue, () =>
        hold ? { kind: 'retry', at: hour, reason: 'credentials were refused' } : delivered,
      );
      await trial.until('all are delayed', async () => (await queue.stats()).delayed === 6);
      hold = false;
      ids.length = 0;
      assert.equal(await queue.release('P'), 3);
      await trial.until('the released ones were handed out', () => ids.length === 3);
      assert.deepEqual([...ids].sort(), idsOf(items(3, { prefix: 'p' })));
      await trial.until('the others still wait', async () => (await queue.stats()).delayed === 3);
      assert.equal(await queue.release('nobody'), 0);
    },
  },
  {
    name: 'keeps dead letters in order, replays some and discards others',
    async run(trial) {
      const queue = await trial.open();
      let mend = false;
      const ids = await trial.consumeAll(
        queue,
        () => (mend ? delivered : { kind: 'dead', reason: 'a field is missing' }),
        { concurrency: 1 },
      );
      // One after another, so that the order in which they die is known.
      for (const item of items(4)) {
        await queue.enqueue([item]);
        await trial.until(`${item.id} is dead`, async () => (await deadOf(queue)).some(({ id }) => id === item.id));
      }
      const letters = await deadOf(queue);
      assert.deepEqual(idsOf(letters), idsOf(items(4)));
      const [letter] = letters;
      assert.equal(letter?.reason, 'a field is missing');
      assert.equal(letter.payload, items(1)[0]?.payload);
      assert.equal(letter.partition, 'P');
      assert.ok(letter.diedAt >= letter.addedAt);
      assert.deepEqual(idsOf(await deadOf(queue, { limit: 2 })), idsOf(letters).slice(0, 2));
      assert.deepEqual(idsOf(await deadOf(queue, { after: 'item-0001' })), idsOf(letters).slice(2));
      assert.equal((await queue.stats()).dead, 4);

      mend = true;
      ids.length = 0;
      assert.equal(await queue.replay(['item-0002', 'nobody']), 1);
      await trial.until('it was handed out again', () => ids.length === 1);
      assert.deepEqual(ids, ['item-0002']);
      await trial.untilEmpty(queue);
      assert.equal(await queue.discard(['item-0000', 'item-0002', 'nobody']), 1);
      assert.deepEqual(idsOf(await deadOf(queue)), ['item-0001', 'item-0003']);
    },
  },
  {
    name: 'forgets since when a dead letter had been failing once it is replayed, so that it does not die of its age at once',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(1));
      const since: (number | undefined)[] = [];
      const outcomes: Outcome[] = [
        { kind: 'retry', at: Date.now(), reason: 'not now', failingSince: 1_234 },
        { kind: 'dead', reason: 'it has been failing for too long' },
      ];
      await trial.consume(queue, ({ failingSince }) => {
        since.push(failingSince);
        return Promise.resolve(outcomes.shift() ?? delivered);
      });
      await trial.until('it is dead', async () => (await queue.stats()).dead === 1);
      assert.equal(await queue.replay(idsOf(items(1))), 1);
      await trial.untilEmpty(queue);
      await trial.until('it was handed out for the third time', () => since.length === 3);
      assert.deepEqual(since, [undefined, 1_234, undefined]);
    },
  },
  {
    name: 'tells how old the oldest item is, and nothing of an empty queue',
    async run(trial) {
      const queue = await trial.open();
      const empty = { ready: 0, delayed: 0, leased: 0, dead: 0, oldestAgeMs: undefined };
      assert.deepEqual(await queue.stats(), empty);
      const before = Date.now();
      await queue.enqueue(items(1));
      const { oldestAgeMs } = await queue.stats();
      assert.ok(oldestAgeMs !== undefined && oldestAgeMs >= 0 && oldestAgeMs <= Date.now() - before + 5);
    },
  },
  {
    name: 'rejects with `closed` after it was closed',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(1));
      await queue.close();
      await queue.close();
      await assert.rejects(queue.enqueue(items(1)), (error) => isAttributionError(error) && error.code === 'closed');
    },
  },
  {
    name: 'refuses what is too much, all of a call or none, and delivers what it holds all the same',
    needs: 'bound',
    maxEvents: 10,
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(8));
      const tooMuch = items(3, { prefix: 'more' });
      await assert.rejects(queue.enqueue(tooMuch), (error) => isAttributionError(error) && error.code === 'overflow');
      assert.equal((await queue.stats()).ready, 8);
      await queue.enqueue(tooMuch.slice(0, 2));
      assert.deepEqual((await queue.enqueue(items(8))).duplicates.length, 8, 'what is there needs no room');
      await trial.consumeAll(queue, settleAsDelivered);
      await trial.untilEmpty(queue);
      assert.equal((await queue.enqueue(tooMuch.slice(2))).added.length, 1);
    },
  },
];
