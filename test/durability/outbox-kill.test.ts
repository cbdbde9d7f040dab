import { expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { killOutbox } from './killed-outbox.js';

it('has every event that it accepted arrive, however often its process is killed, and repeats only what was out', async () => {
  const inFlight = 16;
  let draw = 0;
  const report = await killOutbox({
    kills: 3,
    producers: 8,
    inFlight,
    longestRunMs: 1_500,
    // Spread over the runs: the same moments on every machine would be no better.
    random: () => ((draw += 1) % 3) / 3 + 0.1,
  });
  expect(report.accepted).toBeGreaterThan(3 * 8);
  expect(report).toMatchObject({ kills: 3, missing: [], deadLetters: 0, integrity: 'ok', exitCode: 0 });
  expect(report.worstRepeats).toBeLessThanOrEqual(inFlight);
  // One `add` a producer can be under way at a kill.
  expect(report.unacknowledged).toBeLessThanOrEqual(3 * 8);
  expect(canariesIn(report.output)).toEqual([]);
}, 120_000);
