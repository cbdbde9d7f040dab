import assert from 'node:assert/strict';
import { isAttributionError } from '../errors.js';
import type { Outcome, Queue, QueueDelivery } from '../outbox/queue.js';
import type { QueueCheck } from './queue-check.js';
import { idsOf, items, type QueueTrial } from './queue-trial.js';
import { delivered, settleAsDelivered } from './settle-as-delivered.js';

/** What every queue must do when a process is killed, or its engine cannot be reached. */
export const queueTroubleChecks: readonly QueueCheck[] = [
  {
    name: 'has everything that it acknowledged before its process was killed',
    needs: 'startProcess',
    async run(trial) {
      const child = await trial.store.startProcess?.('enqueue');
      assert.ok(child !== undefined);
      trial.afterwards(() => child.kill());
      await trial.until('the process has stored some', () => child.reported.length >= 200);
      await child.kill();
      const acknowledged = new Set(child.reported);
      const queue = await trial.open();
      const ids = await trial.consumeAll(queue, settleAsDelivered, { concurrency: 64 });
      await trial.untilEmpty(queue);
      assert.equal(ids.length, new Set(ids).size, 'none was handed out twice');
      const found = new Set(ids);
      assert.deepEqual(
        [...acknowledged].filter((id) => !found.has(id)),
        [],
      );
    },
  },
  {
    name: 'hands out again, to others, what a killed process had, and no dead letter comes of it',
    needs: 'startProcess',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(6));
      const child = await trial.store.startProcess?.('consume');
      assert.ok(child !== undefined);
      trial.afterwards(() => child.kill());
      await trial.until('the process has some', () => child.reported.length > 0);
      await child.kill();
      const ids = await trial.consumeAll(queue, settleAsDelivered, { leaseMs: trial.leaseMs });
      await trial.untilEmpty(queue);
      assert.deepEqual([...ids].sort(), idsOf(items(6)));
      assert.equal((await queue.stats()).dead, 0);
    },
  },
  {
    name: 'refuses what it cannot store while its engine is out of reach, and goes on when it is back, without dead letters',
    needs: 'cutOff',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(5));
      const reconnect = await cutOff(trial);
      await assert.rejects(queue.enqueue(items(1, { prefix: 'refused' })), isOutOfReach);
      await reconnect();
      await untilItAnswers(trial, queue);
      const ids = await trial.consumeAll(queue, settleAsDelivered);
      await trial.untilEmpty(queue);
      assert.deepEqual([...new Set(ids)].filter((id) => id.startsWith('item')).sort(), idsOf(items(5)));
      assert.equal((await queue.stats()).dead, 0);
    },
  },
  {
    name: 'tells a consumer of trouble while its engine is out of reach, and settles what was out when it is back',
    needs: 'cutOff',
    async run(trial) {
      const queue = await trial.open();
      await queue.enqueue(items(3));
      let finish: () => void = () => undefined;
      const finished = new Promise<Outcome>((resolve) => (finish = () => resolve(delivered)));
      const troubles: unknown[] = [];
      const ids: string[] = [];
      const handler = ({ id }: QueueDelivery): Promise<Outcome> => {
        ids.push(id);
        return finished;
      };
      await trial.consume(queue, handler, { onTrouble: (error) => troubles.push(error) });
      await trial.until('all are out', () => ids.length === 3);
      assert.deepEqual(troubles, []);
      const reconnect = await cutOff(trial);
      finish();
      await trial.until('the consumer tells of trouble', () => troubles.length > 0);
      assert.ok(troubles.every(isOutOfReach));
      await reconnect();
      await untilItAnswers(trial, queue);
      await trial.untilEmpty(queue);
      assert.deepEqual([...new Set(ids)].sort(), idsOf(items(3)));
      assert.equal((await queue.stats()).dead, 0);
    },
  },
];

/** Makes the engine unreachable; gives what makes it reachable again, which is done in any case when the check is over. */
async function cutOff(trial: QueueTrial): Promise<() => Promise<void>> {
  const reconnect = await trial.store.cutOff?.();
  assert.ok(reconnect !== undefined);
  let reconnected: Promise<void> | undefined;
  const once = (): Promise<void> => (reconnected ??= reconnect());
  trial.afterwards(once);
  return once;
}

/** A queue may need a moment to find that its engine is back. */
function untilItAnswers(trial: QueueTrial, queue: Queue): Promise<void> {
  return trial.until('the queue answers again', () =>
    queue.stats().then(
      () => true,
      () => false,
    ),
  );
}

function isOutOfReach(error: unknown): boolean {
  return isAttributionError(error) && error.code === 'storage' && error.retryable;
}
