import { expect, it } from 'vitest';
import { retryDelayMs } from '../../src/outbox/retry-schedule.js';

const schedule = { initialDelayMs: 1000, maxDelayMs: 60_000 };

it.each([
  ['begins with the first delay', 0, 0, 1, 1000],
  ['grows with the time that it has been failing', 20_000, 0, 1, 20_000],
  ['ends at the highest delay', 1e9, 0, 1, 60_000],
  ['is anything up to that', 20_000, 0, 0.25, 5000],
  ['is never sooner than the server asked', 20_000, 90_000, 0.25, 90_000],
])('%s', (_, failingMs, floorMs, random, expected) => {
  expect(retryDelayMs(schedule, failingMs, floorMs, random)).toBe(expected);
});
