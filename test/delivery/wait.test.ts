import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LONGEST_TIMER_MS, Wait } from '../../src/delivery/wait.js';

const DAY = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('Wait', () => {
  it('calls once when the time is over, and no sooner', () => {
    const onOver = vi.fn();
    new Wait(1000, onOver);
    vi.advanceTimersByTime(999);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(DAY);
    expect(onOver).toHaveBeenCalledTimes(1);
  });

  it('does not call before a fraction of a millisecond is over', () => {
    const onOver = vi.fn();
    new Wait(10.2, onOver);
    vi.advanceTimersByTime(10);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledTimes(1);
  });

  it('calls later, never at once, where there is nothing to wait for', () => {
    const onOver = vi.fn();
    new Wait(0, onOver);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledTimes(1);
  });

  it('ends without a call when it is cancelled', () => {
    const onOver = vi.fn();
    const wait = new Wait(1000, onOver);
    vi.advanceTimersByTime(500);
    wait.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(DAY);
    expect(onOver).not.toHaveBeenCalled();
  });

  it('bears being cancelled when it is over, and twice', () => {
    const onOver = vi.fn();
    const wait = new Wait(1, onOver);
    vi.advanceTimersByTime(1);
    wait.cancel();
    wait.cancel();
    expect(onOver).toHaveBeenCalledTimes(1);
  });

  it('waits longer than the longest timer, in pieces', () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const onOver = vi.fn();
    const durationMs = 2 * LONGEST_TIMER_MS + 5000;
    new Wait(durationMs, onOver);
    vi.advanceTimersByTime(durationMs - 1);
    expect(onOver).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onOver).toHaveBeenCalledTimes(1);
    expect(setTimer.mock.calls.map(([, delayMs]) => delayMs)).toEqual([LONGEST_TIMER_MS, LONGEST_TIMER_MS, 5000]);
  });

  it('can be cancelled in a later piece', () => {
    const onOver = vi.fn();
    const wait = new Wait(2 * LONGEST_TIMER_MS, onOver);
    vi.advanceTimersByTime(LONGEST_TIMER_MS + 1);
    wait.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    expect(onOver).not.toHaveBeenCalled();
  });

  it('needs no second timer for exactly the longest one', () => {
    const onOver = vi.fn();
    new Wait(LONGEST_TIMER_MS, onOver);
    vi.advanceTimersByTime(LONGEST_TIMER_MS);
    expect(onOver).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never ends where the time is infinite, until it is cancelled', () => {
    const onOver = vi.fn();
    const wait = new Wait(Number.POSITIVE_INFINITY, onOver);
    vi.advanceTimersByTime(4 * LONGEST_TIMER_MS);
    expect(onOver).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(1);
    wait.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the process alive meanwhile', () => {
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    const wait = new Wait(1000, vi.fn());
    expect(setTimer.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([true]);
    wait.cancel();
  });
});

describe('LONGEST_TIMER_MS', () => {
  it('is the longest that setTimeout takes', () => {
    expect(LONGEST_TIMER_MS).toBe(2_147_483_647);
  });
});
