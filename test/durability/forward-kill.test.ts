import { expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { killForward } from './killed-forward.js';

it('goes on where a killed run stopped: no event is lost, and no more are repeated than were in flight', async () => {
  const inFlight = 32;
  let draw = 0;
  const report = await killForward({
    lines: 6_000,
    kills: 5,
    inFlight,
    longestRunMs: 400,
    // Spread over the runs, the first ones short: the same moments on every machine would be no better.
    random: () => ((draw += 1) % 5) / 5 + 0.1,
  });
  expect(report.kills).toBeGreaterThanOrEqual(3);
  expect(report.distinct).toBe(6_000);
  // One more: the place of an event whose answer is just being noted goes to the next one first.
  expect(report.worstRepeats).toBeLessThanOrEqual(inFlight + 1);
  expect(report.exitCode).toBe(0);
  expect(canariesIn(report.output)).toEqual([]);
}, 120_000);
