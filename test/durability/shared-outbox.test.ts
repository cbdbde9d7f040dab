import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { shareOutbox } from './shared-outbox.js';

it('delivers each event once from four processes that add to one file and deliver from it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-shared-'));
  try {
    const report = await shareOutbox(join(folder, 'outbox.db'), { processes: 4, producers: 8, each: 100 });
    expect(report.output).toBe('');
    expect(report).toMatchObject({ accepted: 3_200, distinct: 3_200, requests: 3_200, exitCodes: [0, 0, 0, 0] });
    // Each had a part in it.
    expect(Math.min(...report.delivered.map(Number))).toBeGreaterThan(0);
    expect(canariesIn(report.output)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
