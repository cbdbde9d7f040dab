import { describe, expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import { HOLD_AFTER, HOLD_MS } from '../../src/delivery/authentication-hold.js';
import type { AttemptFailure } from '../../src/delivery/failure.js';
import { ProjectHealth, refusesCredentials, type ProjectAttempt } from '../../src/delivery/project-health.js';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';
import { canaryCredentials } from '../support/canary.js';
import { expectNothingSecretIn } from '../support/failure-of.js';

const access = accessWith('canary-passcode-9b71de');
const other = accessWith('another-passcode');
const about = { projectId: 'TEST-111-222Z', region: 'in', host: 'in1.api.clevertap.com' };
const DELIVERED = { kind: 'delivered', confirmed: true, status: 200 } as const;

function accessWith(projectPasscode: string): Access {
  return new Access(
    new Partner({ partnerName: 'airbridge' }),
    parseCredentials(canaryCredentials({ region: 'in', projectPasscode })),
  );
}

function failure(more: Partial<AttemptFailure>): AttemptFailure {
  return {
    kind: 'failed',
    code: 'rate_limited',
    retryable: true,
    maybeRecorded: false,
    reset: false,
    status: 429,
    retryAfterMs: undefined,
    text: '',
    causeCode: undefined,
    ...more,
  };
}

const RATE_LIMITED = failure({});
const UNAUTHORIZED = failure({ code: 'authentication', status: 401, retryable: false });
const NOT_WHITELISTED = failure({
  code: 'bad_request',
  status: 400,
  retryable: false,
  reason: 'partner_not_whitelisted',
});

/** Delays are at their upper ends unless said otherwise. */
function newHealth({ highest = 8, random = (): number => 1, listened = true } = {}) {
  const notices: Notice[] = [];
  const observer = new Observer(listened ? (notice) => notices.push(notice) : undefined);
  const backOff = { initialDelayMs: 100, maxDelayMs: 1000, factor: 2 };
  const health = new ProjectHealth('TEST-111-222Z', highest, backOff, observer, random);
  const note = (result: ProjectAttempt['result'], now: number, more: Partial<ProjectAttempt> = {}) =>
    health.note({ access, result, startedAt: now, atLimit: true, ...more }, now);
  return { health, notices, note };
}

function refuse(note: ReturnType<typeof newHealth>['note'], times: number, result = UNAUTHORIZED) {
  return Array.from({ length: times }, (_, index) => note(result, index));
}

describe('a project', () => {
  it('is well, with its highest limit, no pause and no hold, until it is in trouble', () => {
    const { health, note, notices } = newHealth();
    note(DELIVERED, 1);
    note(failure({ code: 'service_unavailable', status: 503 }), 2);
    note(failure({ code: 'bad_request', status: 400 }), 3);
    expect([health.limit, health.pauseLeftMs(4), health.holdOn(access, 4), health.isWell(4)]).toEqual([
      8,
      0,
      undefined,
      true,
    ]);
    expect(notices).toEqual([]);
  });

  it('is well again once its limit is back, its pause over and its refusals made up for', () => {
    const { health, note } = newHealth({ highest: 2 });
    note({ ...RATE_LIMITED, retryAfterMs: 1000 }, 0);
    note(UNAUTHORIZED, 0);
    expect(health.isWell(500)).toBe(false);
    for (let count = 0; count < 50; count += 1) note(DELIVERED, 500);
    expect(health.limit).toBe(2);
    expect([health.isWell(999), health.isWell(1000)]).toEqual([false, true]);
  });
});

describe('a 429', () => {
  it('lowers the limit and says so', () => {
    const { health, note, notices } = newHealth();
    note(RATE_LIMITED, 1);
    expect([health.limit, health.pauseLeftMs(1), health.isWell(1)]).toEqual([4, 0, false]);
    expect(notices).toEqual([{ type: 'limit', ...about, limit: 4, because: 'rate_limited', pausedMs: 0 }]);
  });

  it('is told of once for a burst', () => {
    const { note, notices } = newHealth();
    for (const startedAt of [0, 1, 2, 3]) note(RATE_LIMITED, 10 + startedAt, { startedAt });
    expect(notices).toHaveLength(1);
  });

  it('is told of once for a burst that asks for the same pause each time', () => {
    const { note, notices } = newHealth();
    for (const startedAt of [0, 1, 2]) note({ ...RATE_LIMITED, retryAfterMs: 5000 }, 10, { startedAt });
    expect(notices).toHaveLength(1);
  });

  it('stops the project as a whole for as long as Retry-After asks', () => {
    const { health, note, notices } = newHealth();
    note({ ...RATE_LIMITED, retryAfterMs: 5000 }, 1000);
    expect([health.pauseLeftMs(1000), health.pauseLeftMs(5999), health.pauseLeftMs(6000)]).toEqual([5000, 1, 0]);
    expect(notices).toMatchObject([{ type: 'limit', limit: 4, pausedMs: 5000 }]);
  });

  it('never shortens a pause, and tells of one that is longer', () => {
    const { health, note, notices } = newHealth();
    note({ ...RATE_LIMITED, retryAfterMs: 5000 }, 0);
    note({ ...RATE_LIMITED, retryAfterMs: 2000 }, 1, { startedAt: -1 });
    expect([health.pauseLeftMs(1), notices.length]).toEqual([4999, 1]);
    note({ ...RATE_LIMITED, retryAfterMs: 9000 }, 2, { startedAt: -1 });
    expect(health.pauseLeftMs(2)).toBe(9000);
    expect(notices.slice(1)).toMatchObject([{ limit: 4, pausedMs: 9000 }]);
  });

  it('where one at a time is still too many, stops it for a back-off that grows up to its cap', () => {
    const { health, note } = newHealth({ highest: 1 });
    const pauses = [0, 1, 2, 3, 4, 5].map((count) => {
      const now = count * 10_000;
      note(RATE_LIMITED, now);
      return health.pauseLeftMs(now);
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000]);
    note(DELIVERED, 60_000);
    note(RATE_LIMITED, 70_000);
    expect(health.pauseLeftMs(70_000)).toBe(100);
  });

  it('stops it for the longer of Retry-After and back-off', () => {
    const { health, note } = newHealth({ highest: 1 });
    note({ ...RATE_LIMITED, retryAfterMs: 150 }, 0);
    expect(health.pauseLeftMs(0)).toBe(150);
    note({ ...RATE_LIMITED, retryAfterMs: 150 }, 1000);
    expect(health.pauseLeftMs(1000)).toBe(200);
  });

  it('draws that back-off, so that clients that are refused together do not come back together', () => {
    const { health, note } = newHealth({ highest: 1, random: () => 0.25 });
    note(RATE_LIMITED, 0);
    expect(health.pauseLeftMs(0)).toBe(25);
  });

  it('of a request that was under way beside others does not stop it: one at a time was not tried yet', () => {
    const { health, note } = newHealth({ highest: 3 });
    note(RATE_LIMITED, 10, { startedAt: 0 });
    note(RATE_LIMITED, 11, { startedAt: 1 });
    note(RATE_LIMITED, 12, { startedAt: 2 });
    expect([health.limit, health.pauseLeftMs(12)]).toEqual([1, 0]);
    note(RATE_LIMITED, 20, { startedAt: 15 });
    expect(health.pauseLeftMs(20)).toBe(100);
  });
});

describe('requests that get through', () => {
  it('raise the limit step by step, each of them told', () => {
    const { note, notices } = newHealth();
    note(RATE_LIMITED, 0);
    for (let count = 0; count < 4 + 5; count += 1) note(DELIVERED, 1);
    expect(notices.slice(1)).toEqual(
      [5, 6].map((limit) => ({ type: 'limit', ...about, limit, because: 'recovered', pausedMs: 0 })),
    );
  });

  it('while there was room to spare do not speak for a higher limit', () => {
    const { health, note } = newHealth();
    note(RATE_LIMITED, 0);
    for (let count = 0; count < 100; count += 1) note(DELIVERED, 1, { atLimit: false });
    expect(health.limit).toBe(4);
  });
});

describe('refused credentials', () => {
  it.each([
    ['authentication', UNAUTHORIZED, 'replace its credentials'],
    ['bad_request', NOT_WHITELISTED, 'whitelist the partner name'],
  ] as const)('put the project on hold after so many in a row, and say so (%s)', (code, result, remedy) => {
    const { health, note, notices } = newHealth();
    const holds = refuse(note, HOLD_AFTER, result);
    expect(holds.slice(0, -1)).toEqual(Array(HOLD_AFTER - 1).fill(undefined));
    expect(holds.at(-1)).toMatchObject({ refusals: HOLD_AFTER, code });
    expect(health.isHeld(HOLD_AFTER)).toBe(true);
    expect(notices).toEqual([
      { type: 'hold', ...about, code, refusals: HOLD_AFTER, message: expect.stringContaining(remedy) as string },
    ]);
    expect(notices).toMatchObject([{ message: expect.stringContaining('with these credentials for 60 s;') as string }]);
    expectNothingSecretIn(notices);
    expectNothingSecretIn(health);
  });

  it('do not lower its limit', () => {
    const { health, note } = newHealth();
    refuse(note, HOLD_AFTER);
    expect([health.limit, health.pauseLeftMs(HOLD_AFTER)]).toEqual([8, 0]);
  });

  it('hold it also where nobody listens', () => {
    const { health, note } = newHealth({ listened: false });
    refuse(note, HOLD_AFTER);
    expect(health.holdOn(access, HOLD_AFTER)).toMatchObject({ refusals: HOLD_AFTER });
  });

  it('are not what any other 400 is', () => {
    const results = [UNAUTHORIZED, NOT_WHITELISTED, failure({ code: 'bad_request', status: 400 }), RATE_LIMITED];
    expect(results.map(refusesCredentials)).toEqual([true, true, false, false]);
  });
});

describe('a hold', () => {
  it('ends with credentials that were replaced, and says so once', () => {
    const { health, note, notices } = newHealth();
    refuse(note, HOLD_AFTER);
    health.release(other);
    health.release(other);
    expect([health.isHeld(10), health.isWell(10)]).toEqual([false, true]);
    expect(notices.slice(1)).toEqual([{ type: 'hold_ended', ...about, because: 'credentials_replaced' }]);
  });

  it('ends with a request that got through, and says so', () => {
    const { health, note, notices } = newHealth();
    refuse(note, HOLD_AFTER);
    note(DELIVERED, 10);
    expect(health.isHeld(10)).toBe(false);
    expect(notices.slice(1)).toEqual([{ type: 'hold_ended', ...about, because: 'delivered' }]);
  });

  it('is renewed, and told of, by one more refusal once its time is up', () => {
    const { health, note, notices } = newHealth();
    refuse(note, HOLD_AFTER);
    const end = HOLD_AFTER - 1 + HOLD_MS;
    expect([health.isHeld(end - 1), health.isHeld(end)]).toEqual([true, false]);
    note(UNAUTHORIZED, end);
    expect(health.isHeld(end + HOLD_MS - 1)).toBe(true);
    expect(notices.map(({ type }) => type)).toEqual(['hold', 'hold']);
    expect(notices[1]).toMatchObject({ refusals: HOLD_AFTER + 1 });
  });
});
