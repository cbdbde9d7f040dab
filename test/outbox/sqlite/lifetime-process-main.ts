import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';

// Adds without waiting for it, and closes nothing.
const [path = ''] = process.argv.slice(2);
const queue = sqliteQueue({ path });
void queue.enqueue([{ id: 'a', named: true, partition: 'P', payload: 'x' }]).then(() => {
  process.stdout.write('stored\n');
});
