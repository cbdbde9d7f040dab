import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sqliteQueue } from '../../src/outbox/index.js';
import { workFolder } from '../outbox/sqlite/work-folder.js';
import { liveThroughTrouble } from '../support/outbox-lives.js';

const folder = await workFolder();

it.each([1, 2])(
  'what was added is delivered, discarded or stored, whatever happens (seed %i)',
  { timeout: 60_000 },
  async (seed) => {
    const path = join(folder, `${seed}.db`);
    await liveThroughTrouble(() => sqliteQueue({ path, maxShare: 1 }), seed);
    expect.hasAssertions();
  },
);
