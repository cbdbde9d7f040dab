import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GateWaiter, RegionGate } from '../../src/delivery/region-gate.js';

let passed: string[];

class Waiter extends GateWaiter {
  constructor(
    readonly name: string,
    private readonly then?: (self: Waiter, asProbe: boolean) => void,
  ) {
    super();
  }

  override onGateOpen(asProbe: boolean): void {
    passed.push(asProbe ? `${this.name} as probe` : this.name);
    this.then?.(this, asProbe);
  }
}

const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };

/** A gate whose delays are at their upper ends. */
function newGate(random: () => number = () => 1): RegionGate {
  return new RegionGate(backOff, random);
}

function waitAt(gate: RegionGate, ...names: string[]): Waiter[] {
  const waiters = names.map((name) => new Waiter(name));
  for (const waiter of waiters) gate.wait(waiter);
  return waiters;
}

beforeEach(() => {
  passed = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a closed gate', () => {
  it('is open until it is closed, and says whether anything changed', () => {
    const gate = newGate();
    expect(gate.open).toBe(true);
    expect(gate.reopen()).toBe(false);
    expect(gate.close()).toBe(true);
    expect(gate.open).toBe(false);
    expect(gate.close()).toBe(false);
    expect(gate.reopen()).toBe(true);
    expect(gate.open).toBe(true);
  });

  it('lets one through as the probe when the back-off is over, and nobody before', () => {
    const gate = newGate();
    gate.close();
    waitAt(gate, 'first', 'second');
    vi.advanceTimersByTime(99);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(['first as probe']);
    vi.advanceTimersByTime(100_000);
    expect(passed).toEqual(['first as probe']);
    expect(gate.waiting).toBe(1);
  });

  it('lets the next probe through after twice the time, then twice that, up to the cap', () => {
    const gate = newGate();
    gate.close();
    const waiters = waitAt(gate, 'a', 'b', 'c', 'd', 'e', 'f');
    const waits: number[] = [];
    for (const [index, waiter] of waiters.entries()) {
      let waited = 0;
      while (passed.length <= index) {
        vi.advanceTimersByTime(1);
        waited += 1;
      }
      waits.push(waited);
      gate.probeFailed(waiter);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(passed).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name} as probe`));
  });

  it('waits as long as the server asks where that is longer', () => {
    const gate = newGate();
    gate.close(5000);
    const [first] = waitAt(gate, 'first', 'second');
    vi.advanceTimersByTime(4999);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(['first as probe']);
    if (first !== undefined) gate.probeFailed(first, 9000);
    vi.advanceTimersByTime(8999);
    expect(passed).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual(['first as probe', 'second as probe']);
  });

  it('draws the delay anew for each probe', () => {
    const random = vi.fn(() => 0.25);
    const gate = newGate(random);
    gate.close();
    const [first] = waitAt(gate, 'first', 'second');
    vi.advanceTimersByTime(25);
    expect(passed).toEqual(['first as probe']);
    if (first !== undefined) gate.probeFailed(first);
    vi.advanceTimersByTime(50);
    expect(passed).toEqual(['first as probe', 'second as probe']);
    expect(random).toHaveBeenCalledTimes(2);
  });

  it('lets whoever comes when a probe is due through at once', () => {
    const gate = newGate();
    gate.close();
    vi.advanceTimersByTime(100);
    waitAt(gate, 'late', 'later');
    expect(passed).toEqual(['late as probe']);
  });

  it('begins with a short back-off each time that it is closed', () => {
    const gate = newGate();
    gate.close();
    const [first] = waitAt(gate, 'first');
    vi.advanceTimersByTime(100);
    if (first !== undefined) gate.probeFailed(first);
    gate.reopen();
    gate.close();
    waitAt(gate, 'second');
    vi.advanceTimersByTime(100);
    expect(passed).toEqual(['first as probe', 'second as probe']);
  });

  it('heeds no report but that of the probe', () => {
    const gate = newGate();
    gate.close();
    const [, second] = waitAt(gate, 'first', 'second');
    vi.advanceTimersByTime(100);
    if (second !== undefined) gate.probeFailed(second);
    vi.advanceTimersByTime(10_000);
    expect(passed).toEqual(['first as probe']);
  });
});

describe('a gate that opens again', () => {
  it('lets everybody through, in order', () => {
    const gate = newGate();
    gate.close();
    waitAt(gate, 'probe', 'a', 'b', 'c');
    vi.advanceTimersByTime(100);
    gate.reopen();
    expect(passed).toEqual(['probe as probe', 'a', 'b', 'c']);
    expect(gate.waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps those back who come after one that closes it', () => {
    const gate = newGate();
    gate.close();
    gate.wait(new Waiter('a'));
    gate.wait(new Waiter('b', () => gate.close()));
    waitAt(gate, 'c', 'd');
    gate.reopen();
    expect(passed).toEqual(['a', 'b']);
    expect(gate.waiting).toBe(2);
    // Nobody else has to come for the next probe to go out.
    vi.advanceTimersByTime(100);
    expect(passed).toEqual(['a', 'b', 'c as probe']);
  });
});

describe('whoever leaves', () => {
  it('does not get a turn', () => {
    const gate = newGate();
    gate.close();
    const [first] = waitAt(gate, 'first', 'second');
    if (first !== undefined) gate.leave(first);
    vi.advanceTimersByTime(100);
    expect(passed).toEqual(['second as probe']);
  });

  it('as the probe makes room for the next, at once', () => {
    const gate = newGate();
    gate.close();
    const [first] = waitAt(gate, 'first', 'second');
    vi.advanceTimersByTime(100);
    if (first !== undefined) gate.leave(first);
    expect(passed).toEqual(['first as probe', 'second as probe']);
  });

  it('while another probes sends nobody after that one', () => {
    const gate = newGate();
    gate.close();
    const [, second] = waitAt(gate, 'first', 'second', 'third');
    vi.advanceTimersByTime(100);
    if (second !== undefined) gate.leave(second);
    expect(passed).toEqual(['first as probe']);
  });

  it('as the last leaves no timer behind', () => {
    const gate = newGate();
    gate.close();
    const waiters = waitAt(gate, 'first', 'second');
    expect(vi.getTimerCount()).toBe(1);
    for (const waiter of waiters) gate.leave(waiter);
    expect(vi.getTimerCount()).toBe(0);
    expect(gate.waiting).toBe(0);
    waitAt(gate, 'third');
    vi.advanceTimersByTime(100);
    expect(passed).toEqual(['third as probe']);
  });

  it('in the moment of its turn makes room for the next, however many do', () => {
    const gate = newGate();
    gate.close();
    for (let index = 0; index < 50_000; index += 1) {
      gate.wait(new Waiter('leaver', (self) => gate.leave(self)));
    }
    waitAt(gate, 'last');
    vi.advanceTimersByTime(100);
    expect(passed).toHaveLength(50_001);
    expect(passed.at(-1)).toBe('last as probe');
  });

  it('changes nothing at an open gate', () => {
    const gate = newGate();
    gate.leave(new Waiter('stranger'));
    expect(gate.open).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the pause before a probe', () => {
  it('runs only while somebody waits', () => {
    const gate = newGate();
    gate.close();
    expect(vi.getTimerCount()).toBe(0);
    const [waiter] = waitAt(gate, 'first');
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    if (waiter !== undefined) gate.probeFailed(waiter);
    expect(vi.getTimerCount()).toBe(0);
  });
});
