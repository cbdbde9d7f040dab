import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';

// Closes again and again while something is being stored.
const [path = ''] = process.argv.slice(2);
for (let round = 0; round < 30; round += 1) {
  const queue = sqliteQueue({ path });
  await queue.stats();
  void queue.enqueue([{ id: `${round}`, named: true, partition: 'P', payload: 'x' }]);
  await queue.close();
}
process.stdout.write('closed\n');
