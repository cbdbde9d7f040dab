import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { openRaw } from './raw-database.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

it('tells of an outcome that came after its lease had ended, since the item is handed out again', async () => {
  const path = join(folder, 'late.db');
  const queue = sqliteQueue({ path });
  onTestFinished(() => queue.close());
  await queue.enqueue([{ id: 'a', named: true, partition: 'P', payload: 'a' }]);
  const troubles: string[] = [];
  const others = openRaw(path);
  const handler = () => {
    // As if this process had been frozen, and another one had taken the item meanwhile.
    others.exec('UPDATE items SET lease = lease + 1');
    return Promise.resolve({ kind: 'delivered' } as const);
  };
  await queue.consume(handler, {
    concurrency: 1,
    leaseMs: 60_000,
    onTrouble: ({ code, message }) => troubles.push(`${code}: ${message}`),
  });
  await expect.poll(() => troubles).toEqual([expect.stringMatching(/^storage: an outcome was not heeded/)]);
  others.close();
  expect(await queue.stats()).toMatchObject({ leased: 1, dead: 0 });
});

it('settles what it can of the handlers that end together, though one of them cannot be settled', async () => {
  const path = join(folder, 'together.db');
  const queue = sqliteQueue({ path });
  onTestFinished(() => queue.close());
  const ids = ['a', 'dead', 'b'];
  await queue.enqueue(ids.map((id) => ({ id, named: true, partition: 'P', payload: id })));
  const raw = openRaw(path);
  raw.exec("CREATE TRIGGER full BEFORE INSERT ON dead BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const troubles: string[] = [];
  await queue.consume(
    ({ id }) => Promise.resolve(id === 'dead' ? { kind: 'dead', reason: 'no use' } : { kind: 'delivered' }),
    { concurrency: 3, leaseMs: 60_000, onTrouble: ({ message }) => troubles.push(message) },
  );
  await expect.poll(() => queue.stats()).toMatchObject({ leased: 1, ready: 0, dead: 0 });
  await expect.poll(() => troubles[0]).toContain('no room');
  raw.exec('DROP TRIGGER full');
  await expect.poll(() => queue.stats(), { timeout: 5_000 }).toMatchObject({ leased: 0, dead: 1 });
  raw.close();
});
