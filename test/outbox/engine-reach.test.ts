import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StorageError } from '../../src/errors.js';
import { EngineReach } from '../../src/outbox/engine-reach.js';

const AWAY = new StorageError('Redis is away');

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function awayEngine() {
  const reach = new EngineReach({ initialDelayMs: 100, maxDelayMs: 300 }, () => 1);
  expect(reach.mayTry()).toBe(true);
  reach.failed(AWAY);
  return reach;
}

/** How long it takes until a try is due, which is then made. */
function timeToNextTry(reach: EngineReach): number {
  const from = performance.now();
  while (!reach.mayTry()) vi.advanceTimersByTime(10);
  return performance.now() - from;
}

it('lets anybody use an engine that is there', () => {
  const reach = new EngineReach();
  expect([reach.mayTry(), reach.mayTry()]).toEqual([true, true]);
  expect(reach.trouble).toBeUndefined();
});

it('lets one at a time try an engine that is away, at delays that grow', () => {
  const reach = awayEngine();
  expect(reach.trouble).toBe(AWAY);
  const delays = Array.from({ length: 4 }, () => {
    const delay = timeToNextTry(reach);
    vi.advanceTimersByTime(1_000);
    expect(reach.mayTry(), 'one is under way').toBe(false);
    reach.failed(AWAY);
    return delay;
  });
  expect(delays).toEqual([100, 200, 300, 300]);
});

it('does not count failures of calls that were under way when it went away', () => {
  const reach = awayEngine();
  for (let calls = 0; calls < 10; calls += 1) reach.failed(AWAY);
  expect(timeToNextTry(reach)).toBe(100);
});

it('is there again with the first call that gets through, and all are told', async () => {
  const reach = awayEngine();
  const told = [reach.change(), reach.change()];
  reach.reached();
  await Promise.all(told);
  expect(reach.trouble).toBeUndefined();
  expect([reach.mayTry(), reach.mayTry()]).toEqual([true, true]);
  reach.failed(AWAY);
  expect(timeToNextTry(reach), 'the delays begin anew').toBe(100);
});

it('tells those that wait when a try is due', async () => {
  const reach = awayEngine();
  const told = reach.change();
  vi.advanceTimersByTime(200);
  await told;
  expect(reach.mayTry()).toBe(true);
});
