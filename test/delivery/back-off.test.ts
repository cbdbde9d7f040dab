import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backOffDelayMs } from '../../src/delivery/back-off.js';

const DEFAULTS = { initialDelayMs: 500, maxDelayMs: 30_000, factor: 2 };

describe('backOffDelayMs', () => {
  it.each([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [4, 4000],
    [6, 16_000],
    [7, 30_000],
    [8, 30_000],
    [5000, 30_000],
  ])('waits before retry %i at most %i ms', (retry, upperEnd) => {
    expect(backOffDelayMs(retry, DEFAULTS, 1)).toBe(upperEnd);
    expect(backOffDelayMs(retry, DEFAULTS, 0.25)).toBe(upperEnd / 4);
    expect(backOffDelayMs(retry, DEFAULTS, 0)).toBe(0);
  });

  it('spreads the delays evenly also at the cap', () => {
    const delays = [0, 0.1, 0.5, 0.9].map((random) => backOffDelayMs(50, DEFAULTS, random));
    expect(delays).toEqual([0, 3000, 15_000, 27_000]);
  });

  it('follows the factor, one that does not grow included', () => {
    expect(backOffDelayMs(3, { ...DEFAULTS, factor: 3 }, 1)).toBe(4500);
    expect(backOffDelayMs(9, { ...DEFAULTS, factor: 1 }, 1)).toBe(500);
  });

  it('takes a delay of nothing for what it is', () => {
    expect(backOffDelayMs(1, { ...DEFAULTS, initialDelayMs: 0 }, 0.5)).toBe(0);
    // Where the growth is too large for a number.
    expect(backOffDelayMs(5000, { ...DEFAULTS, initialDelayMs: 0 }, 0.5)).toBe(0);
    expect(backOffDelayMs(5, { ...DEFAULTS, maxDelayMs: 0 }, 0.5)).toBe(0);
  });

  it('lies between nothing and the cap, whatever the settings', () => {
    const settings = fc.record({
      initialDelayMs: fc.integer({ min: 0, max: 1e9 }),
      maxDelayMs: fc.integer({ min: 0, max: 1e9 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), settings, random, (retry, backOff, chance) => {
        const delayMs = backOffDelayMs(retry, backOff, chance);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(backOff.maxDelayMs);
      }),
      { numRuns: 500 },
    );
  });
});
