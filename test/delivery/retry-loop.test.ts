import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AttemptFailure } from '../../src/delivery/failure.js';
import { RetryLoop, type Retrying } from '../../src/delivery/retry-loop.js';

function failure(text = ''): AttemptFailure {
  return {
    kind: 'failed',
    code: 'service_unavailable',
    retryable: true,
    maybeRecorded: false,
    reset: false,
    status: 503,
    retryAfterMs: undefined,
    text,
    causeCode: undefined,
  };
}

/** A loop with what it did, in order; `delays` are those it is told to wait, after which there is no further attempt. */
function loopWith(delays: readonly number[], on: Partial<Record<'attempt' | 'delay', (loop: RetryLoop) => void>> = {}) {
  const calls: string[] = [];
  const left = [...delays];
  const retrying: Retrying = {
    startAgain: () => {
      calls.push('attempt');
      on.attempt?.(loop);
    },
    delayAfter: ({ text }) => {
      calls.push(`failed ${text}`);
      on.delay?.(loop);
      return left.shift();
    },
    onPause: () => calls.push('pause'),
    onGaveUp: ({ text }) => calls.push(`gave up ${text}`),
  };
  const loop: RetryLoop = new RetryLoop(retrying);
  return { loop, calls };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the retry loop', () => {
  it('makes an attempt after each delay, until one succeeds', async () => {
    const { loop, calls } = loopWith([100, 200, 400]);
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(99);
    expect(calls).toEqual(['failed first', 'pause']);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls.splice(0)).toEqual(['failed first', 'pause', 'attempt']);
    loop.onFailed(failure('second'));
    await vi.advanceTimersByTimeAsync(200);
    expect(calls.splice(0)).toEqual(['failed second', 'pause', 'attempt']);
    loop.onDelivered();
    await run;
    expect([calls, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('does not pause where there is nothing to wait for', async () => {
    const { loop, calls } = loopWith([0]);
    void loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toEqual(['failed first', 'attempt']);
  });

  it('gives up with the last failure as soon as it is told to', async () => {
    const { loop, calls } = loopWith([5]);
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(5);
    loop.onFailed(failure('second'));
    await run;
    expect(calls).toEqual(['failed first', 'pause', 'attempt', 'failed second', 'gave up second']);
  });

  it('keeps no count of its own', async () => {
    const { loop, calls } = loopWith(Array<number>(200).fill(0), {
      attempt: (self) => self.onFailed(failure('again')),
    });
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(1000);
    await run;
    expect(calls.filter((call) => call === 'attempt')).toHaveLength(200);
    expect(calls.at(-1)).toBe('gave up again');
  });

  it('takes an attempt that succeeds or fails while it is being started', async () => {
    let attempts = 0;
    const { loop, calls } = loopWith([0, 0], {
      attempt: (self) => {
        attempts += 1;
        if (attempts === 1) self.onFailed(failure('at once'));
        else self.onDelivered();
      },
    });
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(10);
    await run;
    expect(calls).toEqual(['failed first', 'attempt', 'failed at once', 'attempt']);
  });
});

describe('a retry loop that is ended', () => {
  it('while it waits makes no further attempt and leaves no timer', async () => {
    const { loop, calls } = loopWith([100_000]);
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(1);
    loop.end();
    await run;
    expect([calls, vi.getTimerCount()]).toEqual([['failed first', 'pause'], 0]);
  });

  it('while an attempt is under way makes no further one, and gives up nothing', async () => {
    const { loop, calls } = loopWith([0, 0]);
    const run = loop.run(failure('first'));
    await vi.advanceTimersByTimeAsync(0);
    loop.end();
    await run;
    loop.onFailed(failure('late'));
    loop.onDelivered();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual(['failed first', 'attempt']);
  });

  it.each([100, 0, undefined])(
    'by whoever is told of a retry (delay %s) is not brought back by it',
    async (delayMs) => {
      const { loop, calls } = loopWith(delayMs === undefined ? [] : [delayMs], { delay: (self) => self.end() });
      const run = loop.run(failure('first'));
      await vi.advanceTimersByTimeAsync(1000);
      await run;
      expect([calls, vi.getTimerCount()]).toEqual([['failed first'], 0]);
    },
  );

  it('before its first step does nothing', async () => {
    const { loop, calls } = loopWith([0]);
    const run = loop.run(failure('first'));
    loop.onFailed(failure('early'));
    loop.onDelivered();
    loop.end();
    await vi.advanceTimersByTimeAsync(1000);
    await run;
    expect(calls).toEqual([]);
  });

  it('may be ended again', async () => {
    const { loop } = loopWith([100]);
    const run = loop.run(failure());
    await vi.advanceTimersByTimeAsync(1);
    loop.end();
    loop.end();
    await expect(run).resolves.toBeUndefined();
  });
});
