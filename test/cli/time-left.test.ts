import { describe, expect, it } from 'vitest';
import { TimeLeft } from '../../src/cli/time-left.js';

describe('the time that is left', () => {
  it('follows from what was done since the first record ended', () => {
    const timeLeft = new TimeLeft();
    expect(timeLeft.estimate(1, 0, 0)).toBeUndefined();
    expect(timeLeft.estimate(2, 0, 1)).toBeUndefined();
    expect(timeLeft.estimate(12, 0.25, 100)).toBe(30);
  });

  it('is not put right by what an earlier run did, which is passed over in no time', () => {
    const timeLeft = new TimeLeft();
    timeLeft.estimate(1, 0.9, 0);
    timeLeft.estimate(1, 0.9, 1);
    expect(timeLeft.estimate(11, 0.95, 100)).toBeCloseTo(10);
  });

  it('is not guessed from nothing', () => {
    const timeLeft = new TimeLeft();
    timeLeft.estimate(1, 0.5, 1);
    expect(timeLeft.estimate(1.5, 0.6, 10)).toBeUndefined();
    expect(timeLeft.estimate(100, 0.5, 10)).toBeUndefined();
  });

  it('is none at the end', () => {
    const timeLeft = new TimeLeft();
    timeLeft.estimate(1, 0, 1);
    expect(timeLeft.estimate(11, 1, 100)).toBe(0);
  });
});
