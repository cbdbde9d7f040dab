import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { bundleScript } from './bundled-script.js';
import { Child } from './child.js';
import { someItems } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

it('hands no event to two of four processes on one file', async () => {
  const path = join(folder, 'shared.db');
  const queue = sqliteQueue({ path, maxShare: 1 });
  for (let project = 0; project < 10; project += 1) await queue.enqueue(someItems(200, `P${project}`));
  const script = await bundleScript('worker-process-main.ts', folder);
  const children = Array.from({ length: 4 }, () => new Child(script, [path]));
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0, 0, 0]);
  const delivered = children.flatMap(({ lines }) => lines);
  expect(delivered).toHaveLength(2_000);
  expect(new Set(delivered).size).toBe(2_000);
  expect(await queue.stats()).toMatchObject({ ready: 0, delayed: 0, leased: 0, dead: 0 });
  await queue.close();
}, 60_000);

it('keeps a process up while something is being stored, and no longer', async () => {
  const script = await bundleScript('lifetime-process-main.ts', folder);
  const path = join(folder, 'lifetime.db');
  const child = new Child(script, [path]);
  expect(await child.ended()).toBe(0);
  expect(child.lines).toEqual(['stored']);
  const queue = sqliteQueue({ path });
  expect(await queue.stats()).toMatchObject({ ready: 1 });
  await queue.close();
});

it('keeps a process up until it is closed, whatever was being stored', async () => {
  const script = await bundleScript('closing-process-main.ts', folder);
  const path = join(folder, 'closing.db');
  const child = new Child(script, [path]);
  expect(await child.ended()).toBe(0);
  expect(child.lines).toEqual(['closed']);
  const queue = sqliteQueue({ path });
  expect(await queue.stats()).toMatchObject({ ready: 30 });
  await queue.close();
});

it('sees at once what its own process stores, and before long what others do', async () => {
  const path = join(folder, 'news.db');
  const [own, other] = [sqliteQueue({ path, pollMs: 600_000 }), sqliteQueue({ path, pollMs: 20 })];
  const seen: string[] = [];
  const see = ({ id }: { id: string }): Promise<{ kind: 'delivered' }> => {
    seen.push(id);
    return Promise.resolve({ kind: 'delivered' });
  };
  await own.consume(see, { concurrency: 1, leaseMs: 30_000 });
  await own.enqueue(someItems(1, 'OWN'));
  await expect.poll(() => seen).toEqual(['OWN-0']);
  await other.consume(see, { concurrency: 1, leaseMs: 30_000 });
  const third = sqliteQueue({ path });
  await third.enqueue(someItems(1, 'FOREIGN'));
  await expect.poll(() => seen).toEqual(['OWN-0', 'FOREIGN-0']);
  await Promise.all([own.close(), other.close(), third.close()]);
});
