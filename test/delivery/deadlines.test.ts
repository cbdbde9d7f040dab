import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines, Expiring } from '../../src/delivery/deadlines.js';
import { LONGEST_TIMER_MS } from '../../src/delivery/wait.js';

const DAY = 86_400_000;

let expired: string[];

class Thing extends Expiring {
  constructor(
    readonly name: string,
    private readonly then?: () => void,
  ) {
    super();
  }

  onExpired(): void {
    expired.push(this.name);
    this.then?.();
  }
}

function add(deadlines: Deadlines<Thing>, name: string, durationMs: number, then?: () => void): Thing {
  const thing = new Thing(name, then);
  deadlines.add(thing, durationMs, performance.now());
  return thing;
}

beforeEach(() => {
  expired = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('Deadlines', () => {
  it('calls a thing once when its time is up, and no sooner', () => {
    const deadlines = new Deadlines<Thing>();
    const thing = add(deadlines, 'a', 1000);
    expect(deadlines.size).toBe(1);
    vi.advanceTimersByTime(999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['a']);
    expect(deadlines.size).toBe(0);
    expect(deadlines.remove(thing)).toBe(false);
    vi.advanceTimersByTime(DAY);
    expect(expired).toEqual(['a']);
  });

  it('needs one timer for any number of things with the same time', () => {
    const deadlines = new Deadlines<Thing>();
    for (let index = 0; index < 1000; index += 1) {
      add(deadlines, String(index), 60_000);
      vi.advanceTimersByTime(10);
    }
    expect(deadlines.size).toBe(1000);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(expired).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('needs one timer for each distinct time', () => {
    const deadlines = new Deadlines<Thing>();
    for (let index = 0; index < 30; index += 1) add(deadlines, String(index), [100, 200, 300][index % 3] as number);
    expect(vi.getTimerCount()).toBe(3);
  });

  it('ends each thing in its own time, whichever came first', () => {
    const deadlines = new Deadlines<Thing>();
    add(deadlines, 'slow', 5000);
    add(deadlines, 'quick', 100);
    vi.advanceTimersByTime(50);
    add(deadlines, 'quick later', 100);
    add(deadlines, 'slow later', 5000);
    vi.advanceTimersByTime(99);
    expect(expired).toEqual(['quick']);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['quick', 'quick later']);
    vi.advanceTimersByTime(4850);
    expect(expired).toEqual(['quick', 'quick later', 'slow']);
    vi.advanceTimersByTime(50);
    expect(expired).toEqual(['quick', 'quick later', 'slow', 'slow later']);
  });

  it('does not call a thing that was removed in time', () => {
    const deadlines = new Deadlines<Thing>();
    const [first, middle] = [add(deadlines, 'first', 100), add(deadlines, 'middle', 100)];
    add(deadlines, 'last', 100);
    expect(deadlines.remove(first)).toBe(true);
    expect(deadlines.remove(middle)).toBe(true);
    expect(deadlines.remove(middle)).toBe(false);
    expect(deadlines.remove(new Thing('never added'))).toBe(false);
    expect(deadlines.size).toBe(1);
    vi.advanceTimersByTime(DAY);
    expect(expired).toEqual(['last']);
  });

  it('waits on for the next when the one that the timer was for is gone', () => {
    const deadlines = new Deadlines<Thing>();
    const first = add(deadlines, 'first', 1000);
    vi.advanceTimersByTime(400);
    add(deadlines, 'second', 1000);
    deadlines.remove(first);
    vi.advanceTimersByTime(999);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['second']);
  });

  it('has no timer left when all are gone', () => {
    const deadlines = new Deadlines<Thing>();
    const things = [add(deadlines, 'a', 100), add(deadlines, 'b', 100)];
    for (const thing of things) deadlines.remove(thing);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
    expect(expired).toEqual([]);
  });

  it('takes a thing again that was removed or has expired', () => {
    const deadlines = new Deadlines<Thing>();
    const thing = add(deadlines, 'a', 100);
    deadlines.remove(thing);
    deadlines.add(thing, 200, performance.now());
    vi.advanceTimersByTime(199);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    deadlines.add(thing, 100, performance.now());
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['a', 'a']);
  });

  it('has taken a thing off before it calls it, so that the call may add and remove', () => {
    const deadlines = new Deadlines<Thing>();
    const sizes: number[] = [];
    add(deadlines, 'first', 100, () => {
      sizes.push(deadlines.size);
      add(deadlines, 'added meanwhile', 100);
      deadlines.remove(removedMeanwhile);
    });
    const removedMeanwhile = add(deadlines, 'removed meanwhile', 100);
    add(deadlines, 'last', 100);
    vi.advanceTimersByTime(100);
    expect(sizes).toEqual([2]);
    expect(expired).toEqual(['first', 'last']);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(['first', 'last', 'added meanwhile']);
  });

  it('ends later, never at once, what has no time left', () => {
    const deadlines = new Deadlines<Thing>();
    add(deadlines, 'nothing', 0);
    add(deadlines, 'less', -5000);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired.sort()).toEqual(['less', 'nothing']);
  });

  it('does not call before a fraction of a millisecond is over', () => {
    const deadlines = new Deadlines<Thing>();
    add(deadlines, 'a', 10.5);
    vi.advanceTimersByTime(10);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['a']);
  });

  it('never ends what has infinite time, and needs no timer for it', () => {
    const deadlines = new Deadlines<Thing>();
    const thing = add(deadlines, 'a', Number.POSITIVE_INFINITY);
    add(deadlines, 'b', Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    expect(deadlines.size).toBe(2);
    vi.advanceTimersByTime(1000 * DAY);
    expect(expired).toEqual([]);
    expect(deadlines.remove(thing)).toBe(true);
    expect(deadlines.size).toBe(1);
  });

  it.each([LONGEST_TIMER_MS + 1, 2 ** 31, 2 ** 32, 100 * DAY])('does not end at once what has %i ms', (durationMs) => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const deadlines = new Deadlines<Thing>();
    add(deadlines, 'a', durationMs);
    vi.advanceTimersByTime(durationMs - 1);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(['a']);
    for (const [, delayMs] of setTimer.mock.calls) expect(delayMs).toBeLessThanOrEqual(LONGEST_TIMER_MS);
  });

  it('gives out everything whose time runs', () => {
    const deadlines = new Deadlines<Thing>();
    add(deadlines, 'a', 100);
    const removed = add(deadlines, 'b', 100);
    add(deadlines, 'c', 200);
    add(deadlines, 'd', Number.POSITIVE_INFINITY);
    deadlines.remove(removed);
    expect(Array.from(deadlines, ({ name }) => name)).toEqual(['a', 'c', 'd']);
    for (const thing of deadlines) deadlines.remove(thing);
    expect(deadlines.size).toBe(0);
  });

  it('keeps no trace of odd times that nothing runs under any more', () => {
    const deadlines = new Deadlines<Thing>();
    let timers = 0;
    for (let index = 0; index < 100; index += 1) {
      deadlines.remove(add(deadlines, 'odd', 100_000 + index));
      timers = Math.max(timers, vi.getTimerCount());
    }
    expect(timers).toBe(8);
    add(deadlines, 'after', 50);
    vi.advanceTimersByTime(50);
    expect(expired).toEqual(['after']);
  });

  it('keeps what runs when it drops those times', () => {
    const deadlines = new Deadlines<Thing>();
    const names = Array.from({ length: 40 }, (_, index) => `kept ${index}`);
    for (const [index, name] of names.entries()) {
      add(deadlines, name, 1000 + index);
      deadlines.remove(add(deadlines, 'odd', 50_000 + index));
    }
    expect(deadlines.size).toBe(40);
    vi.advanceTimersByTime(1039);
    expect(expired).toEqual(names);
  });

  it('looks for such times only when twice as many are there, so that adding costs the same however many are', () => {
    const deadlines = new Deadlines<Thing>();
    const clear = vi.spyOn(globalThis, 'clearTimeout');
    for (let index = 0; index < 100; index += 1) add(deadlines, 'in use', 10_000 + index);
    deadlines.remove(add(deadlines, 'odd', 5));
    for (let index = 0; index < 20; index += 1) add(deadlines, 'in use', 20_000 + index);
    expect(clear).not.toHaveBeenCalled();
    // 8, 16, 32, 64 and then 128 of them.
    for (let index = 0; index < 20; index += 1) add(deadlines, 'in use', 30_000 + index);
    expect(clear).toHaveBeenCalledTimes(1);
    expect(deadlines.size).toBe(140);
  });

  it('lets the process end meanwhile', () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    add(new Deadlines<Thing>(), 'a', 100);
    expect(setTimer.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });
});
