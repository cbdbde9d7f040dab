import { AttributionClient } from '../../../src/client.js';
import { StorageError } from '../../../src/errors.js';
import { Outbox } from '../../../src/outbox/outbox.js';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { MemoryQueue } from '../../support/memory-queue.js';

const [path] = process.argv.slice(2) as [string];
const queue = new MemoryQueue();
queue.refuse = new StorageError('Redis is away');
const client = new AttributionClient({ partnerName: 'airbridge' });
const outbox = new Outbox({ client, queue, spill: sqliteQueue({ path }), leaseMs: 500 });
const event = { type: 'custom', name: 'Purchase', deviceIdentifier: '__h1234567890', platform: 'android' } as const;

// Until it is killed: adds, and tells of each event that was acknowledged.
await Promise.all(
  Array.from({ length: 16 }, async () => {
    for (;;) {
      const { id } = await outbox.add(event, { projectId: 'TEST-111-222Z' });
      process.stdout.write(`${id}\n`);
    }
  }),
);
