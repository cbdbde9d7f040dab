import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import type { Hold } from '../../src/delivery/authentication-hold.js';
import { refusalError } from '../../src/delivery/refusal-error.js';
import { AuthenticationError, RateLimitError } from '../../src/errors.js';
import { canaryCredentials } from '../support/canary.js';
import { expectNothingSecretIn } from '../support/failure-of.js';

const details = { attempts: 0, maybeRecorded: false, host: 'in1.api.clevertap.com', projectId: 'TEST-111-222Z' };
const access = new Access(
  new Partner({ partnerName: 'airbridge' }),
  parseCredentials(canaryCredentials({ region: 'in' })),
);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.advanceTimersByTime(10_000);
});

afterEach(() => {
  vi.useRealTimers();
});

function onHold(code: Hold['code'], inMs = 59_001) {
  return refusalError(
    { kind: 'hold', hold: { access, refusals: 5, code, endsAt: performance.now() + inMs } },
    { ...details },
  );
}

describe('the error of an event whose project is on hold', () => {
  it('says what was refused, how to release it, and when it is tried again', () => {
    const error = onHold('authentication');
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ ...details, code: 'authentication' });
    expect(error.status).toBeUndefined();
    expect(error.message).toBe(
      'project TEST-111-222Z is on hold, as its credentials were refused 5 times in a row: replace its credentials with replaceCredentials(); it is tried again in 60 s',
    );
    expectNothingSecretIn(error);
  });

  it('says whom to ask where the partner is not whitelisted', () => {
    const error = onHold('bad_request');
    // Not the event's fault, as a bad request would be.
    expect(error).toMatchObject({ code: 'authentication' });
    expect(error.message).toBe(
      'project TEST-111-222Z is on hold, as the partner was refused as not whitelisted 5 times in a row: ask CleverTap to whitelist the partner name, and then release it with replaceCredentials(); it is tried again in 60 s',
    );
  });

  it('never says that it is tried again in no time', () => {
    expect(onHold('authentication', -5).message).toContain('in 1 s');
  });
});

describe('the error of an event whose project is paused for longer than the event has time', () => {
  it('says so, and when to come back', () => {
    const error = refusalError({ kind: 'pause', leftMs: 1500.4 }, { ...details, attempts: 2 });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ ...details, attempts: 2, code: 'rate_limited', retryable: true, retryAfterMs: 1501 });
    expect(error.message).toBe(
      'the account of project TEST-111-222Z answered 429 and is left alone for another 2 s, longer than what is left of deadlineMs',
    );
  });
});
