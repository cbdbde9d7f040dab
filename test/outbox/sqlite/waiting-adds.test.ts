import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { AttributionClient } from '../../../src/client.js';
import { Outbox, sqliteQueue } from '../../../src/outbox/index.js';
import { customEvent } from '../../support/events.js';
import { lockFile } from './locked-file.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

const WAITING = 500;

const TEXT_LENGTH = 7_000;

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

it('keeps no copy of an event for those who wait for the disk', async () => {
  const path = join(folder, 'waiting.db');
  const outbox = new Outbox({
    client: new AttributionClient({ partnerName: 'airbridge' }),
    queue: sqliteQueue({ path, lockTimeoutMs: 60_000 }),
  });
  await outbox.stats();
  const unlock = lockFile(path);
  // Texts that take their room from the start, which those put together do not.
  const events = Array.from({ length: WAITING }, () =>
    customEvent('Purchase', { params: { text: Buffer.alloc(TEXT_LENGTH, 'x').toString('latin1') } }),
  );
  const before = heapAfterCollection();
  const adds = events.map((event) => outbox.add(event, { projectId: 'P' }));
  await vi.waitFor(() => expect(heapAfterCollection() - before).toBeLessThan((WAITING * TEXT_LENGTH) / 2));
  unlock();
  await Promise.all(adds);
  expect(await outbox.stats()).toMatchObject({ ready: WAITING });
  await outbox.close();
});
