import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqliteQueue } from '../../../src/outbox/sqlite/sqlite-queue.js';
import { queueConformance, type QueueStore } from '../../../src/testing/index.js';
import { bundleScript } from './bundled-script.js';
import { Child } from './child.js';
import { lockFile } from './locked-file.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();
const script = await bundleScript('queue-process-main.ts', folder);
let stores = 0;

function createStore(bounds?: { readonly maxEvents: number }): QueueStore {
  const path = join(folder, `${(stores += 1)}.db`);
  return {
    open: () => sqliteQueue({ path, maxShare: 1, pollMs: 20, lockTimeoutMs: 200, ...bounds }),
    startProcess: (task) => {
      const child = new Child(script, [path, task]);
      return Promise.resolve({ reported: child.lines, kill: () => child.kill() });
    },
    cutOff: () => {
      const unlock = lockFile(path);
      return Promise.resolve(() => {
        unlock();
        return Promise.resolve();
      });
    },
    drop: () => rm(path, { force: true }),
  };
}

describe('the embedded store', async () => {
  const checks = await queueConformance({ createStore, shortestLeaseMs: 200 });
  for (const { name, run } of checks) it(name, run);

  it('can do all that the checks ask for', () => {
    expect(checks.filter(({ skip }) => skip !== undefined)).toEqual([]);
  });
});
