import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdaptiveLimit } from '../../src/delivery/adaptive-limit.js';

/** Lets so many requests through, and gives the limits that came of it, where it changed. */
function letThrough(limit: AdaptiveLimit, count: number): number[] {
  const raised: number[] = [];
  for (let index = 0; index < count; index += 1) if (limit.succeeded()) raised.push(limit.current);
  return raised;
}

/** How many requests have to get through before it rises, at most `most`. */
function untilItRises(limit: AdaptiveLimit, most = 10_000): number {
  let count = 1;
  while (!limit.succeeded() && count < most) count += 1;
  return count;
}

/** A limit that fell, at the time 1, and has risen to just below where it was refused. */
function justBelow(refusedAt: number): AdaptiveLimit {
  const limit = new AdaptiveLimit(refusedAt);
  limit.refused(0, 1);
  while (limit.current < refusedAt - 1) limit.succeeded();
  return limit;
}

describe('a limit that nothing speaks against', () => {
  it('is the highest, and stays there however much gets through', () => {
    const limit = new AdaptiveLimit(10);
    expect([limit.current, limit.settled]).toEqual([10, true]);
    expect(letThrough(limit, 1000)).toEqual([]);
    expect([limit.current, limit.settled]).toEqual([10, true]);
  });
});

describe('a refusal', () => {
  it('halves it', () => {
    const limit = new AdaptiveLimit(10);
    expect(limit.refused(0, 1)).toBe('lowered');
    expect([limit.current, limit.settled]).toEqual([5, false]);
    expect(limit.refused(2, 3)).toBe('lowered');
    expect(limit.current).toBe(2);
  });

  it('of a request that began before it fell says nothing new', () => {
    const limit = new AdaptiveLimit(10);
    limit.refused(0, 100);
    for (const startedAt of [0, 50, 99.9]) expect(limit.refused(startedAt, 110)).toBeUndefined();
    expect(limit.current).toBe(5);
    // That one began with the lower limit.
    expect(limit.refused(100, 120)).toBe('lowered');
    expect(limit.current).toBe(2);
  });

  it('never leaves less than one', () => {
    const limit = new AdaptiveLimit(3);
    const effects = [1, 2, 3].map((now) => limit.refused(now, now));
    expect([limit.current, effects]).toEqual([1, ['lowered', 'lowest', 'lowest']]);
    expect(limit.refused(2, 4)).toBeUndefined();
    const lowest = new AdaptiveLimit(1);
    expect(lowest.refused(0, 1)).toBe('lowest');
    expect([lowest.current, lowest.settled]).toEqual([1, false]);
  });

  it('after a step up takes that step back, and no more', () => {
    const limit = new AdaptiveLimit(20);
    limit.refused(0, 1);
    letThrough(limit, 10 + 11);
    expect(limit.current).toBe(12);
    limit.refused(2, 3);
    expect(limit.current).toBe(11);
    // That was no step up any more.
    limit.refused(4, 5);
    expect(limit.current).toBe(5);
  });
});

describe('requests that get through', () => {
  it('raise it by one for each round of as many as it allows', () => {
    const limit = new AdaptiveLimit(10);
    limit.refused(0, 1);
    expect([5, 6, 7, 8].map(() => untilItRises(limit))).toEqual([5, 6, 7, 8]);
    expect(limit.current).toBe(9);
  });

  it('have to be many before it goes to where it was refused', () => {
    const limit = justBelow(10);
    expect(limit.current).toBe(9);
    expect(untilItRises(limit)).toBe(8 * 9);
    expect(limit.current).toBe(10);
  });

  it('have to be the more the more often that was too early, up to a cap', () => {
    const limit = justBelow(10);
    const rounds: number[] = [];
    for (let now = 2; now < 8; now += 1) {
      rounds.push(untilItRises(limit) / 9);
      limit.refused(now, now);
      expect(limit.current).toBe(9);
    }
    expect(rounds).toEqual([8, 16, 32, 64, 64, 64]);
  });

  it('where it was refused make up for nothing while they are fewer than it allows', () => {
    const limit = justBelow(10);
    const rounds: number[] = [];
    for (let now = 2; now < 5; now += 1) {
      rounds.push(untilItRises(limit) / 9);
      expect(letThrough(limit, 9)).toEqual([]);
      limit.refused(now, now);
    }
    expect(rounds).toEqual([8, 16, 32]);
  });

  it('start a new count after each change', () => {
    const limit = new AdaptiveLimit(10);
    limit.refused(0, 1);
    letThrough(limit, 4);
    limit.refused(2, 3);
    expect(letThrough(limit, 1)).toEqual([]);
    expect(letThrough(limit, 1)).toEqual([3]);
  });

  it('where it was refused show that this is over', () => {
    const limit = justBelow(20);
    letThrough(limit, 8 * 19 + 20);
    expect([limit.current, limit.settled]).toEqual([20, true]);
  });

  it('where it was refused make up for all that was too early before', () => {
    const limit = justBelow(10);
    for (const now of [2, 3, 4]) {
      untilItRises(limit);
      limit.refused(now, now);
    }
    untilItRises(limit);
    letThrough(limit, 10);
    limit.refused(5, 5);
    expect(untilItRises(limit)).toBe(2 * 8 * 9);
  });

  it('beyond where it was refused raise it as quickly as before', () => {
    const limit = new AdaptiveLimit(20);
    limit.refused(0, 1);
    limit.refused(2, 3);
    letThrough(limit, 5 + 6 + 7 + 8 + 8 * 9);
    // It was refused at 10, and then the account bore more.
    expect(limit.current).toBe(10);
    expect(letThrough(limit, 10 + 11 + 12)).toEqual([11, 12, 13]);
  });

  it('bring it back to the highest in the end, where nothing is left of the trouble', () => {
    const highest = fc.integer({ min: 1, max: 30 });
    fc.assert(
      fc.property(highest, fc.array(fc.boolean(), { maxLength: 300 }), (most, story) => {
        const limit = new AdaptiveLimit(most);
        for (const [now, through] of story.entries()) {
          if (through) limit.succeeded();
          else limit.refused(now, now);
          expect(limit.current).toBeGreaterThanOrEqual(1);
          expect(limit.current).toBeLessThanOrEqual(most);
        }
        for (let index = 0; !limit.settled && index < 100 * most * most; index += 1) limit.succeeded();
        expect([limit.current, limit.settled]).toEqual([most, true]);
      }),
    );
  });
});

interface Load {
  readonly highest: number;
  /** Requests that the server bears at once. */
  readonly bears: number;
  /** How long an answer takes, in a unit of its own. */
  readonly durations: readonly number[];
  /** How long a refusal takes; nothing is worked on for it. */
  readonly refusalTakes: number;
}

interface Seen {
  requests: number;
  refused: number;
  limits: number;
}

/** Sends an endless backlog to a server, and counts what comes of it from the end of `warmUp` requests on. */
function simulate({ highest, bears, durations, refusalTakes }: Load, warmUp: number, count: number): Seen {
  const limit = new AdaptiveLimit(highest);
  const inFlight: { readonly startedAt: number; readonly endsAt: number; readonly refused: boolean }[] = [];
  const seen = { requests: 0, refused: 0, limits: 0 };
  let now = 0;
  for (let begun = 0; begun < warmUp + count; begun += 1) {
    while (inFlight.length >= limit.current) {
      inFlight.sort((one, other) => one.endsAt - other.endsAt);
      const [next] = inFlight;
      if (next === undefined) break;
      now = Math.max(now, next.endsAt);
      const atLimit = inFlight.length >= limit.current;
      if (next.refused) limit.refused(next.startedAt, now);
      else if (atLimit) limit.succeeded();
      inFlight.shift();
    }
    const refused = inFlight.filter((request) => !request.refused && request.endsAt > now).length >= bears;
    const takes = refused ? refusalTakes : (durations[begun % durations.length] ?? 1);
    inFlight.push({ startedAt: now, endsAt: now + takes, refused });
    now += 0.001;
    if (begun < warmUp) continue;
    seen.requests += 1;
    seen.limits += limit.current;
    if (refused) seen.refused += 1;
  }
  return seen;
}

it('settles close to what the server bears, and seldom asks for more', () => {
  const load = fc.record({
    highest: fc.integer({ min: 1, max: 40 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    durations: fc.array(fc.double({ min: 1, max: 4, noNaN: true }), { minLength: 1, maxLength: 20 }),
    refusalTakes: fc.double({ min: 0.01, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(load, ({ highest, share, ...rest }) => {
      const bears = Math.max(1, Math.ceil(share * highest));
      const { requests, refused, limits } = simulate({ highest, bears, ...rest }, 60 * highest, 200 * highest + 1000);
      expect(refused / requests).toBeLessThanOrEqual(0.05);
      expect(limits / requests).toBeGreaterThanOrEqual(0.9 * bears);
    }),
  );
});
