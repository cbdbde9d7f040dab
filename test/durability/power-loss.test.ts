import { expect, it } from 'vitest';
import { hasStrace, losePower } from './power-loss.js';

const small = { sessions: 1, events: 60, randomImages: 1, random: Math.random };

it.skipIf(!hasStrace())(
  'has every accepted event in whatever a power failure leaves of the file',
  async () => {
    const report = await losePower(small);
    expect(report.failures).toEqual([]);
    expect(report.accepted).toBe(60);
    expect(report.syncs).toBeGreaterThan(10);
  },
  120_000,
);

it.skipIf(!hasStrace())(
  'would notice if the log were not synced',
  async () => {
    const report = await losePower({ ...small, withoutLogSyncs: true });
    expect(report.failures.join('\n')).toMatch(/accepted events are missing/);
  },
  120_000,
);
