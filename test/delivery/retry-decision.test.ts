import { describe, expect, it } from 'vitest';
import type { AttemptFailure } from '../../src/delivery/failure.js';
import { decideRetry, type RetryDecision } from '../../src/delivery/retry-decision.js';
import type { RetryPolicy } from '../../src/options.js';

const policy: RetryPolicy = {
  maxAttempts: 5,
  initialDelayMs: 500,
  maxDelayMs: 30_000,
  factor: 2,
  whenMaybeRecorded: 'retry',
};

const unavailable: AttemptFailure = {
  kind: 'failed',
  code: 'service_unavailable',
  retryable: true,
  maybeRecorded: false,
  reset: false,
  status: 503,
  retryAfterMs: undefined,
  text: '',
  causeCode: undefined,
};

const ALMOST_ONE = 1 - Number.EPSILON;

function decide(
  failure: Partial<AttemptFailure> = {},
  {
    attempts = 1,
    leftMs = 300_000,
    random = 0.5,
    ...more
  }: Partial<RetryPolicy> & { attempts?: number; leftMs?: number; random?: number } = {},
): RetryDecision {
  return decideRetry({ ...unavailable, ...failure }, attempts, leftMs, { ...policy, ...more }, random);
}

describe('a retry', () => {
  it('is due after a part of the upper end, which doubles up to the cap', () => {
    const delays = [1, 2, 3, 4, 8].map((attempts) => decide({}, { attempts, maxAttempts: 10 }));
    expect(delays).toEqual([250, 500, 1000, 2000, 15_000].map((delayMs) => ({ kind: 'retry', delayMs })));
    expect(decide({}, { random: 0 })).toEqual({ kind: 'retry', delayMs: 0 });
    expect(decide({}, { random: ALMOST_ONE })).toMatchObject({ delayMs: expect.closeTo(500) as number });
  });

  it('is due no sooner than Retry-After asks, cap or not', () => {
    expect(decide({ retryAfterMs: 60_000 })).toEqual({ kind: 'retry', delayMs: 60_000 });
    expect(decide({ retryAfterMs: 100 })).toEqual({ kind: 'retry', delayMs: 250 });
    expect(decide({ retryAfterMs: 0 }, { random: 0 })).toEqual({ kind: 'retry', delayMs: 0 });
  });

  it('is due at once after the first attempt broke with its connection, and only then', () => {
    expect(decide({ code: 'network', reset: true }, { random: ALMOST_ONE })).toEqual({ kind: 'retry', delayMs: 0 });
    expect(decide({ code: 'network', reset: true }, { attempts: 2 })).toEqual({ kind: 'retry', delayMs: 500 });
    expect(decide({ code: 'network', reset: false })).toEqual({ kind: 'retry', delayMs: 250 });
  });

  it('follows an attempt that may have been recorded, unless that was ruled out', () => {
    expect(decide({ maybeRecorded: true })).toMatchObject({ kind: 'retry' });
    expect(decide({ maybeRecorded: true }, { whenMaybeRecorded: 'stop' })).toEqual({
      kind: 'stop',
      because: 'not tried again, since it may have been recorded and whenMaybeRecorded is "stop"',
    });
    expect(decide({ maybeRecorded: false }, { whenMaybeRecorded: 'stop' })).toMatchObject({ kind: 'retry' });
  });
});

describe('there is no retry', () => {
  it('after a failure that is final, which needs no reason', () => {
    expect(decide({ retryable: false, maybeRecorded: true }, { whenMaybeRecorded: 'stop' })).toEqual({ kind: 'stop' });
  });

  it('when all attempts are used up', () => {
    expect(decide({}, { attempts: 5 })).toEqual({ kind: 'stop', because: 'gave up after 5 attempts' });
    expect(decide({}, { attempts: 1, maxAttempts: 1 })).toEqual({ kind: 'stop', because: 'gave up after 1 attempt' });
    expect(decide({}, { attempts: 4 })).toMatchObject({ kind: 'retry' });
  });

  it('where the server asks to wait beyond the time left', () => {
    expect(decide({ retryAfterMs: 12_340 }, { leftMs: 10_000 })).toEqual({
      kind: 'stop',
      because: 'gave up after 1 attempt: it asks to wait 12.3 s, longer than the 10 s left of deadlineMs',
    });
    expect(decide({ retryAfterMs: 10_000 }, { leftMs: 10_000 })).toMatchObject({
      kind: 'stop',
      because: expect.stringContaining('it asks to wait 10 s') as string,
    });
    expect(decide({ retryAfterMs: 9_999 }, { leftMs: 10_000 })).toMatchObject({ kind: 'retry' });
  });

  it('where the own back-off reaches beyond the time left', () => {
    expect(decide({ retryAfterMs: 5 }, { attempts: 3, leftMs: 400 })).toEqual({
      kind: 'stop',
      because: 'gave up after 3 attempts: the next attempt was due in 1 s, longer than the 0.4 s left of deadlineMs',
    });
  });

  it('when no time is left at all', () => {
    expect(decide({}, { leftMs: -3, random: 0 })).toEqual({
      kind: 'stop',
      because: 'gave up after 1 attempt: the next attempt was due in 0 s, longer than the 0 s left of deadlineMs',
    });
    expect(decide({ reset: true }, { leftMs: 0 })).toMatchObject({ kind: 'stop' });
  });

  it('for want of time where there is no deadline', () => {
    expect(decide({ retryAfterMs: 10 ** 9 }, { leftMs: Infinity })).toEqual({ kind: 'retry', delayMs: 10 ** 9 });
  });
});
