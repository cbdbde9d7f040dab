import { beforeEach, describe, expect, it } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import type { AttemptFailure } from '../../src/delivery/failure.js';
import { RegionHealth } from '../../src/delivery/region-health.js';
import { payForRetry } from '../../src/delivery/retry-payment.js';
import { Observer } from '../../src/observe/observer.js';

let health: RegionHealth;

beforeEach(() => {
  const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };
  health = new RegionHealth(resolveEndpoint('in'), backOff, new Observer(undefined));
});

function failed(code: AttemptFailure['code'], retryAfterMs?: number): AttemptFailure {
  const nothing = { maybeRecorded: false, reset: false, status: undefined, text: '', causeCode: undefined };
  return { kind: 'failed', code, retryable: true, retryAfterMs, ...nothing };
}

function spendBudget(): void {
  while (health.budget.take()) continue;
}

describe('payForRetry', () => {
  it.each([true, false])('takes a retry out of the budget of the region (patient: %s)', (patient) => {
    let paid = 0;
    while (payForRetry(failed('service_unavailable'), 250, health, patient) === 250) paid += 1;
    expect(paid).toBeGreaterThan(0);
    expect(health.budget.take()).toBe(false);
  });

  it('has none once the budget is used up, for an event that cannot wait', () => {
    spendBudget();
    expect(payForRetry(failed('service_unavailable'), 250, health, false)).toBeUndefined();
    expect(health.gate.open).toBe(true);
  });

  it('closes the gate then for an event that can, which waits there no longer than the server asked', () => {
    spendBudget();
    expect(payForRetry(failed('service_unavailable', 700), 250, health, true)).toBe(700);
    expect(health.gate.open).toBe(false);
    expect(payForRetry(failed('service_unavailable'), 250, health, true)).toBe(0);
  });

  it('takes nothing for a project that is asked to slow down', () => {
    spendBudget();
    expect(payForRetry(failed('rate_limited'), 250, health, false)).toBe(250);
  });
});
