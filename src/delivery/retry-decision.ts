import type { RetryPolicy } from '../options.js';
import { backOffDelayMs } from './back-off.js';
import type { AttemptFailure } from './failure.js';

/** What to do after a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | {
      readonly kind: 'stop';
      /** Why, where the failure itself does not say it. */
      readonly because?: string;
    };

/**
 * Decides after attempt number `attempts` failed. `Retry-After` is a floor under the back-off, never shortened: where it
 * or the back-off reaches beyond the time left, there is no retry sooner than asked but none at all.
 */
export function decideRetry(
  failure: AttemptFailure,
  attempts: number,
  timeLeftMs: number,
  policy: RetryPolicy,
  random: number,
): RetryDecision {
  if (!failure.retryable) return { kind: 'stop' };
  if (failure.maybeRecorded && policy.whenMaybeRecorded === 'stop') {
    return {
      kind: 'stop',
      because: 'not tried again, since it may have been recorded and whenMaybeRecorded is "stop"',
    };
  }
  if (attempts >= policy.maxAttempts) return { kind: 'stop', because: `gave up after ${countOf(attempts)}` };
  const delayMs = delayOf(failure, attempts, policy, random);
  if (delayMs < timeLeftMs) return { kind: 'retry', delayMs };
  const asked = failure.retryAfterMs !== undefined && failure.retryAfterMs >= timeLeftMs;
  const wait = asked
    ? `it asks to wait ${seconds(failure.retryAfterMs)}`
    : `the next attempt was due in ${seconds(delayMs)}`;
  return {
    kind: 'stop',
    because: `gave up after ${countOf(attempts)}: ${wait}, longer than the ${seconds(timeLeftMs)} left of deadlineMs`,
  };
}

function delayOf(failure: AttemptFailure, attempts: number, policy: RetryPolicy, random: number): number {
  // A keep-alive connection that a proxy dropped meanwhile looks like this; a fresh one will do.
  if (failure.reset && attempts === 1) return 0;
  return Math.max(backOffDelayMs(attempts, policy, random), failure.retryAfterMs ?? 0);
}

function countOf(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}

function seconds(ms: number): string {
  return `${Math.max(0, Math.round(ms / 100) / 10)} s`;
}
