import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { runQueueProcess } from '../../../src/testing/queue-process.js';
import type { QueueProcessTask } from '../../../src/testing/queue-under-test.js';

const [path, task] = process.argv.slice(2) as [string, QueueProcessTask];
await runQueueProcess(sqliteQueue({ path }), task, (id) => process.stdout.write(`${id}\n`));
