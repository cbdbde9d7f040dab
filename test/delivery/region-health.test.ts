import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { GateWaiter } from '../../src/delivery/region-gate.js';
import { RegionHealth, countsAgainstService, type AttemptResult } from '../../src/delivery/region-health.js';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const region = { region: 'in', host: 'in1.api.clevertap.com' } as const;

const delivered: AttemptResult = { kind: 'delivered', status: 200 };
const unavailable: AttemptResult = { kind: 'failed', code: 'service_unavailable', status: 503 };
const refused: AttemptResult = { kind: 'failed', code: 'bad_request', status: 400 };
const silent: AttemptResult = { kind: 'failed', code: 'timeout', status: undefined };

function newHealth() {
  const notices: Notice[] = [];
  const observer = new Observer((notice) => notices.push(notice));
  const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };
  return { health: new RegionHealth(resolveEndpoint('in'), backOff, observer), notices };
}

function spend(health: RegionHealth): void {
  while (health.budget.take());
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the report of a region', () => {
  it('begins with nothing but a full budget', () => {
    expect(newHealth().health.report()).toEqual({
      ...region,
      requests: 0,
      delivered: 0,
      share: undefined,
      outageSince: undefined,
      retryBudget: 100,
      suspended: false,
    });
  });

  it('counts what was delivered and what failed for want of the service', () => {
    const { health } = newHealth();
    for (const result of [delivered, unavailable, delivered, refused, silent, delivered]) health.note(result);
    expect(health.report()).toMatchObject({ requests: 5, delivered: 3, share: 0.6 });
  });

  it('shows the whole retries that are left', () => {
    const { health } = newHealth();
    spend(health);
    for (let count = 0; count < 9; count += 1) health.note(delivered);
    expect(health.report().retryBudget).toBe(1);
  });
});

describe('an outage', () => {
  it('is told of once when 5xx have come for more than ten minutes, and once when it is over', () => {
    const { health, notices } = newHealth();
    for (let minute = 0; minute <= 10; minute += 1) {
      health.note(unavailable);
      health.note(silent);
      vi.setSystemTime(START + (minute + 1) * MINUTE);
    }
    expect(notices).toEqual([]);
    health.note(unavailable);
    health.note(unavailable);
    const since = new Date(START);
    expect(notices).toEqual([
      {
        type: 'outage',
        ...region,
        since,
        message: 'in1.api.clevertap.com has answered 5xx for more than 10 minutes: write to CleverTap support',
      },
    ]);
    expect(health.report().outageSince).toEqual(since);
    health.note(refused);
    health.note(delivered);
    expect(notices.slice(1)).toEqual([
      { type: 'outage_ended', ...region, since, message: 'in1.api.clevertap.com no longer answers 5xx only' },
    ]);
    expect(health.report().outageSince).toBeUndefined();
  });
});

describe('the gate of a region', () => {
  it('is told of when it closes and when it opens, once each', () => {
    const { health, notices } = newHealth();
    health.reopenGate();
    health.closeGate(0);
    health.closeGate(0);
    expect(health.gate.open).toBe(false);
    health.reopenGate();
    health.reopenGate();
    expect(health.gate.open).toBe(true);
    expect(notices).toEqual([
      { type: 'retries_suspended', ...region },
      { type: 'retries_resumed', ...region },
    ]);
  });

  it('opens with a delivery, and with nothing else that is noted', () => {
    const { health } = newHealth();
    health.closeGate(0);
    for (const result of [unavailable, refused, silent]) health.note(result);
    expect(health.gate.open).toBe(false);
    health.note(delivered);
    expect(health.gate.open).toBe(true);
  });

  it('has told of its opening before anybody passes', () => {
    const { health, notices } = newHealth();
    const seen: number[] = [];
    class Waiter extends GateWaiter {
      override onGateOpen(): void {
        seen.push(notices.length);
      }
    }
    health.closeGate(0);
    health.gate.wait(new Waiter());
    health.note(delivered);
    expect(seen).toEqual([2]);
  });
});

describe('countsAgainstService', () => {
  it('is so for trouble of the service, not for refusals', () => {
    const codes = [
      'service_unavailable',
      'network',
      'timeout',
      'rate_limited',
      'bad_request',
      'authentication',
      'unexpected_response',
      'unconfirmed',
      'aborted',
      'closed',
    ] as const;
    expect(codes.filter(countsAgainstService)).toEqual(['service_unavailable', 'network', 'timeout']);
  });
});
