import { randomUUID } from 'node:crypto';
import type { Queue } from '../outbox/queue.js';
import type { QueueProcessTask } from './queue-under-test.js';

/** Items that a process stores at once. */
const AT_ONCE = 16;

/**
 * What a process that the conformance suite starts does: `enqueue` stores one item after another and tells of each once it is
 * acknowledged, `consume` takes what it gets, tells of it, and never settles it. Both go on until the process is killed.
 */
export async function runQueueProcess(
  queue: Queue,
  task: QueueProcessTask,
  report: (id: string) => void,
  leaseMs = 1_000,
): Promise<void> {
  if (task === 'enqueue') {
    await Promise.all(Array.from({ length: AT_ONCE }, () => enqueueForEver(queue, report)));
    return;
  }
  await queue.consume(
    ({ id }) => {
      report(id);
      return new Promise(() => undefined);
    },
    { concurrency: 4, leaseMs },
  );
}

async function enqueueForEver(queue: Queue, report: (id: string) => void): Promise<never> {
  for (;;) {
    const id = randomUUID();
    await queue.enqueue([{ id, named: false, partition: 'P', payload: `payload of ${id}` }]);
    report(id);
  }
}
