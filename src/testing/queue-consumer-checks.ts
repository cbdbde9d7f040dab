import assert from 'node:assert/strict';
import type { Outcome, QueueDelivery } from '../outbox/queue.js';
import type { QueueCheck } from './queue-check.js';
import { idsOf, items } from './queue-trial.js';
import { delivered, settleAsDelivered } from './settle-as-delivered.js';

/** How every queue must hand out what it holds. */
export const queueConsumerChecks: readonly QueueCheck[] = [
  {
    name: 'hands an item out again if its handler fails',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(1));
      let calls = 0;
      await trial.consume(
        queue,
        () => {
          calls += 1;
          return calls === 1 ? Promise.reject(new Error('a bug')) : Promise.resolve(delivered);
        },
        { leaseMs: trial.leaseMs },
      );
      await trial.untilEmpty(queue);
      assert.equal(calls, 2);
      assert.equal((await queue.stats()).dead, 0);
    },
  },
  {
    name: 'keeps an item out for as long as its handler runs, however short the lease',
    async run(trial) {
      const [first, second] = [await trial.open(), await trial.open()];
      await first.enqueue(items(1));
      let finish: (() => void) | undefined;
      const started = new Promise<void>((begun) => {
        void trial.consume(
          first,
          () => {
            begun();
            return new Promise((resolve) => (finish = () => resolve(delivered)));
          },
          { leaseMs: trial.leaseMs },
        );
      });
      await started;
      const taken = await trial.consumeAll(second, settleAsDelivered, { leaseMs: trial.leaseMs });
      const threeLeases = Date.now() + 3 * trial.leaseMs;
      await trial.until('three leases are over', () => Date.now() > threeLeases);
      assert.deepEqual(taken, []);
      finish?.();
      await trial.untilEmpty(second);
      assert.deepEqual(taken, []);
    },
  },
  {
    name: 'does not let an item be settled by one who has handed it back',
    async run(trial) {
      const [first, second] = [await trial.open(), await trial.open()];
      await first.enqueue(items(1));
      let finishFirst: ((outcome: Outcome) => void) | undefined;
      const stopping = await trial.consume(first, () => new Promise((resolve) => (finishFirst = resolve)));
      await trial.until('it is out', () => finishFirst !== undefined);
      assert.deepEqual(await stopping.stop({ timeoutMs: 0 }), { settled: 0, handedBack: 1 });
      let finishSecond: ((outcome: Outcome) => void) | undefined;
      await trial.consume(second, () => new Promise((resolve) => (finishSecond = resolve)));
      await trial.until('it is out again', () => finishSecond !== undefined);
      finishFirst?.({ kind: 'dead', reason: 'too late' });
      await first.stats();
      const { leased, dead } = await second.stats();
      assert.deepEqual({ leased, dead }, { leased: 1, dead: 0 });
      finishSecond?.(delivered);
      await trial.untilEmpty(second);
      assert.equal((await second.stats()).dead, 0);
    },
  },
  {
    name: 'hands no item to two of several workers',
    async run(trial) {
      const workers = [await trial.open(), await trial.open(), await trial.open()];
      const [first] = workers;
      const times = new Map<string, number>();
      for (const worker of workers) {
        await trial.consume(worker, async ({ id }) => {
          times.set(id, (times.get(id) ?? 0) + 1);
          await new Promise(setImmediate);
          return delivered;
        });
      }
      const all = items(300);
      for (let from = 0; from < all.length; from += 50) await first?.enqueue(all.slice(from, from + 50));
      assert.ok(first !== undefined);
      await trial.untilEmpty(first);
      assert.equal(times.size, all.length);
      assert.deepEqual(
        [...times].filter(([, count]) => count > 1),
        [],
      );
    },
  },
  {
    name: 'has no more items out than it may',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(60));
      let [out, most] = [0, 0];
      const handler = async (): Promise<Outcome> => {
        out += 1;
        most = Math.max(most, out);
        await new Promise(setImmediate);
        out -= 1;
        return delivered;
      };
      await trial.consume(queue, handler, { concurrency: 5 });
      await trial.untilEmpty(queue);
      assert.ok(most <= 5, `${most} were out`);
    },
  },
  {
    name: 'has no more items of one partition out than it may',
    needs: 'perPartition',
    async run(trial) {
      const queue = await trial.open();
      for (const partition of ['P', 'Q', 'R']) await queue.enqueue(items(20, { partition, prefix: partition }));
      const out = new Map<string, number>();
      let most = 0;
      const handler = async ({ partition }: QueueDelivery): Promise<Outcome> => {
        const now = (out.get(partition) ?? 0) + 1;
        out.set(partition, now);
        most = Math.max(most, now);
        await new Promise(setImmediate);
        out.set(partition, (out.get(partition) ?? 0) - 1);
        return delivered;
      };
      await trial.consume(queue, handler, { concurrency: 5, perPartition: 2 });
      await trial.untilEmpty(queue);
      assert.ok(most <= 2, `${most} of one partition were out`);
    },
  },
  {
    name: 'waits for the handlers when it is stopped, and hands out nothing more',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(10));
      const finish: (() => void)[] = [];
      const consumer = await trial.consume(
        queue,
        () => new Promise((resolve) => finish.push(() => resolve(delivered))),
      );
      await trial.until('as many are out as may be', () => finish.length === 4);
      const stopping = consumer.stop({ timeoutMs: 60_000 });
      for (const end of finish) end();
      assert.deepEqual(await stopping, { settled: 4, handedBack: 0 });
      assert.equal(finish.length, 4);
      const { ready, leased } = await queue.stats();
      assert.deepEqual({ ready, leased }, { ready: 6, leased: 0 });
    },
  },
  {
    name: 'hands back what is not done in time when it is stopped, due at once',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(3));
      let out = 0;
      const consumer = await trial.consume(queue, () => {
        out += 1;
        return new Promise(() => undefined);
      });
      await trial.until('all are out', () => out === 3);
      assert.deepEqual(await consumer.stop({ timeoutMs: 10 }), { settled: 0, handedBack: 3 });
      const ids = await trial.consumeAll(queue, settleAsDelivered);
      await trial.untilEmpty(queue);
      assert.deepEqual([...ids].sort(), idsOf(items(3)));
    },
  },
  {
    name: 'lets a partition with little have its turn before one with much is done',
    needs: 'fairness',
    async run(trial) {
      const queue = await trial.open();
      const much = items(500, { partition: 'MUCH', prefix: 'much' });
      await queue.enqueue(much);
      await queue.enqueue(items(1, { partition: 'LITTLE', prefix: 'little' }));
      const ids = await trial.consumeAll(queue, settleAsDelivered, { concurrency: 2 });
      await trial.untilEmpty(queue);
      const turn = ids.indexOf('little-0000');
      assert.ok(turn >= 0 && turn < 50, `its turn came at ${turn}`);
    },
  },
];
