import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveredShare } from '../../src/delivery/delivered-share.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function note(share: DeliveredShare, delivered: number, failed: number, nowMs: number): void {
  for (let request = 0; request < delivered; request += 1) share.note(true, nowMs);
  for (let request = 0; request < failed; request += 1) share.note(false, nowMs);
}

describe('DeliveredShare', () => {
  it('has no share while there were no requests', () => {
    expect(new DeliveredShare().report(START)).toEqual({ requests: 0, delivered: 0, share: undefined });
  });

  it('counts what was delivered and what was not', () => {
    const share = new DeliveredShare();
    note(share, 199, 1, START);
    expect(share.report(START)).toEqual({ requests: 200, delivered: 199, share: 0.995 });
  });

  it('is 0 where nothing was delivered, and 1 where everything was', () => {
    const [none, every] = [new DeliveredShare(), new DeliveredShare()];
    note(none, 0, 3, START);
    note(every, 3, 0, START);
    expect(none.report(START).share).toBe(0);
    expect(every.report(START).share).toBe(1);
  });

  it('adds up the minutes of an hour', () => {
    const share = new DeliveredShare();
    for (let minute = 0; minute < 60; minute += 1) note(share, 3, 1, START + minute * MINUTE);
    expect(share.report(START + 59 * MINUTE)).toEqual({ requests: 240, delivered: 180, share: 0.75 });
  });

  it('forgets a minute when an hour has passed since, and no sooner', () => {
    const share = new DeliveredShare();
    note(share, 0, 5, START);
    note(share, 2, 0, START + MINUTE);
    note(share, 1, 0, START + 30 * MINUTE);
    expect(share.report(START + 59 * MINUTE + 59_999)).toMatchObject({ requests: 8, delivered: 3 });
    expect(share.report(START + HOUR)).toEqual({ requests: 3, delivered: 3, share: 1 });
    expect(share.report(START + HOUR + MINUTE)).toMatchObject({ requests: 1, delivered: 1 });
    expect(share.report(START + HOUR + 30 * MINUTE)).toMatchObject({ requests: 0, share: undefined });
  });

  it.each([HOUR, HOUR + MINUTE, 5 * HOUR, 1000 * HOUR])('forgets everything over a gap of %i ms', (gap) => {
    const share = new DeliveredShare();
    for (let minute = 0; minute < 60; minute += 1) note(share, 1, 1, START + minute * MINUTE);
    const later = START + 59 * MINUTE + gap;
    share.note(true, later);
    expect(share.report(later)).toEqual({ requests: 1, delivered: 1, share: 1 });
  });

  it('keeps what lies within the hour over a shorter gap', () => {
    const share = new DeliveredShare();
    note(share, 1, 1, START);
    note(share, 0, 1, START + 20 * MINUTE);
    share.note(true, START + 70 * MINUTE);
    expect(share.report(START + 70 * MINUTE)).toMatchObject({ requests: 2, delivered: 1 });
  });

  it('bears a clock that goes backwards, and loses no request to it', () => {
    const share = new DeliveredShare();
    note(share, 2, 0, START + HOUR);
    note(share, 0, 1, START);
    note(share, 0, 1, -START);
    expect(share.report(START)).toMatchObject({ requests: 4, delivered: 2 });
    expect(share.report(START + HOUR)).toMatchObject({ requests: 4, delivered: 2 });
    expect(share.report(START + 2 * HOUR)).toMatchObject({ requests: 0 });
  });

  it('agrees with a count over all requests of the last 60 minutes', () => {
    const step = fc.record({
      passMs: fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 90 * MINUTE })),
      delivered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 2 * HOUR }), (steps, restMs) => {
        const share = new DeliveredShare();
        const noted: { minute: number; delivered: boolean }[] = [];
        let now = START;
        for (const { passMs, delivered } of steps) {
          now += passMs;
          share.note(delivered, now);
          noted.push({ minute: Math.floor(now / MINUTE), delivered });
        }
        now += restMs;
        const within = noted.filter(({ minute }) => minute > Math.floor(now / MINUTE) - 60);
        const delivered = within.filter((request) => request.delivered).length;
        expect(share.report(now)).toMatchObject({ requests: within.length, delivered });
      }),
      { numRuns: 500 },
    );
  });
});
