import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';

// Delivers until nothing is left, and tells of each item that it was handed.
const [path = ''] = process.argv.slice(2);
const queue = sqliteQueue({ path, pollMs: 20 });
const consumer = await queue.consume(
  async ({ id }) => {
    process.stdout.write(`${id}\n`);
    await new Promise(setImmediate);
    return { kind: 'delivered' };
  },
  { concurrency: 8, leaseMs: 30_000 },
);
const looking = setInterval(() => {
  void queue.stats().then(async ({ ready, leased }) => {
    if (ready + leased > 0) return;
    clearInterval(looking);
    await consumer.stop();
    await queue.close();
  });
}, 20);
