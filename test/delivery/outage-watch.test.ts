import { describe, expect, it } from 'vitest';
import { OutageWatch } from '../../src/delivery/outage-watch.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

function failingSince(sinceMs: number): OutageWatch {
  const watch = new OutageWatch();
  expect(watch.note(503, sinceMs)).toBeUndefined();
  return watch;
}

/** One that has announced an outage. */
function inOutage(): OutageWatch {
  const watch = failingSince(START);
  expect(watch.note(500, START + 11 * MINUTE)).toEqual({ kind: 'began', sinceMs: START });
  return watch;
}

describe('OutageWatch', () => {
  it('announces nothing at exactly 10 minutes of 5xx, and an outage beyond', () => {
    const watch = failingSince(START);
    expect(watch.note(503, START + 10 * MINUTE)).toBeUndefined();
    expect(watch.outageSinceMs).toBeUndefined();
    expect(watch.note(503, START + 10 * MINUTE + 1)).toEqual({ kind: 'began', sinceMs: START });
    expect(watch.outageSinceMs).toBe(START);
  });

  it('announces an outage once, however long it lasts', () => {
    const watch = inOutage();
    for (let minute = 12; minute < 300; minute += 1) {
      expect(watch.note(502, START + minute * MINUTE)).toBeUndefined();
    }
    expect(watch.outageSinceMs).toBe(START);
  });

  it.each([200, 204, 302, 400, 401, 404, 408, 425, 429, 499, 600])(
    'announces its end once, with the first %i',
    (status) => {
      const watch = inOutage();
      expect(watch.note(status, START + 20 * MINUTE)).toEqual({ kind: 'ended', sinceMs: START });
      expect(watch.outageSinceMs).toBeUndefined();
      expect(watch.note(status, START + 21 * MINUTE)).toBeUndefined();
    },
  );

  it.each([500, 501, 502, 503, 504, 599])('counts %i', (status) => {
    const watch = new OutageWatch();
    watch.note(status, START);
    expect(watch.note(status, START + 11 * MINUTE)).toEqual({ kind: 'began', sinceMs: START });
  });

  it.each([200, 400, 401, 408, 429, 499, 600])('begins anew after a %i in between', (status) => {
    const watch = failingSince(START);
    expect(watch.note(status, START + 9 * MINUTE)).toBeUndefined();
    expect(watch.note(503, START + 11 * MINUTE)).toBeUndefined();
    expect(watch.note(503, START + 21 * MINUTE)).toBeUndefined();
    expect(watch.note(503, START + 21 * MINUTE + 1)).toEqual({ kind: 'began', sinceMs: START + 11 * MINUTE });
  });

  it('announces the next outage as well', () => {
    const watch = inOutage();
    watch.note(200, START + 20 * MINUTE);
    expect(watch.note(503, START + 21 * MINUTE)).toBeUndefined();
    expect(watch.note(503, START + 32 * MINUTE)).toEqual({ kind: 'began', sinceMs: START + 21 * MINUTE });
  });

  it('says nothing while all is well', () => {
    const watch = new OutageWatch();
    for (let minute = 0; minute < 30; minute += 1) expect(watch.note(200, START + minute * MINUTE)).toBeUndefined();
    expect(watch.outageSinceMs).toBeUndefined();
  });

  it('bears a clock that goes backwards', () => {
    const watch = failingSince(START);
    expect(watch.note(503, START - 60 * MINUTE)).toBeUndefined();
    expect(watch.note(503, START + 11 * MINUTE)).toEqual({ kind: 'began', sinceMs: START });
  });
});
