import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { Secret, redact } from '../../src/contract/secret.js';
import { readOutcome, toError, type AttemptFailure, type Redactor } from '../../src/delivery/failure.js';
import type { Answer, NoAnswer } from '../../src/delivery/outcome.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, everythingShownOf } from '../support/canary.js';

const secrets = [new Secret(CANARY_TOKEN), new Secret(CANARY_PASSCODE)];
const redactor: Redactor = { redact: (text) => redact(text, secrets) };

function answer(status: number, body = '', retryAfter?: string): Answer {
  return { kind: 'answer', status, body, retryAfter };
}

function noAnswer(overrides: Partial<NoAnswer> = {}): NoAnswer {
  return {
    kind: 'no_answer',
    reason: 'network',
    written: true,
    reset: false,
    message: 'other side closed',
    code: 'UND_ERR_SOCKET',
    ...overrides,
  };
}

function failureFrom(outcome: Answer | NoAnswer, requireConfirmation = false): AttemptFailure {
  const result = readOutcome(outcome, redactor, requireConfirmation);
  if (result.kind !== 'failed') throw new Error('it was delivered');
  return result;
}

const context = {
  endpoint: resolveEndpoint('in'),
  projectId: 'TEST-111-222Z',
  attempts: 2,
  maybeRecorded: false,
};

afterEach(() => {
  vi.useRealTimers();
});

describe('an answer', () => {
  it('with success is a delivery, confirmed', () => {
    expect(readOutcome(answer(200, '{"status":"success"}'), redactor, true)).toEqual({
      kind: 'delivered',
      confirmed: true,
      status: 200,
    });
  });

  it('without a word is a delivery, not confirmed, or no delivery where confirmation is required', () => {
    expect(readOutcome(answer(204), redactor, false)).toEqual({ kind: 'delivered', confirmed: false, status: 204 });
    expect(readOutcome(answer(200, '<html>'), redactor, true)).toMatchObject({
      kind: 'failed',
      code: 'unconfirmed',
      retryable: false,
      maybeRecorded: true,
      status: 200,
      text: '<html>',
    });
  });

  it.each([
    [400, 'bad_request', false, false],
    [401, 'authentication', false, false],
    [403, 'authentication', false, false],
    [302, 'unexpected_response', false, false],
    [404, 'unexpected_response', false, false],
    [429, 'rate_limited', true, false],
    [408, 'service_unavailable', true, false],
    [425, 'service_unavailable', true, false],
    [500, 'service_unavailable', true, false],
    [502, 'service_unavailable', true, true],
    [504, 'service_unavailable', true, true],
  ] as const)('%i is %s', (status, code, retryable, maybeRecorded) => {
    expect(failureFrom(answer(status, '{"error":"no"}'))).toMatchObject({
      code,
      retryable,
      maybeRecorded,
      status,
      text: 'no',
      reset: false,
      causeCode: undefined,
    });
  });

  it('asks to wait in seconds or with a date', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
    expect(failureFrom(answer(503, '', '7')).retryAfterMs).toBe(7000);
    expect(failureFrom(answer(503, '', 'Thu, 01 Jan 2026 00:00:09 GMT')).retryAfterMs).toBe(9000);
    expect(failureFrom(answer(503, '', 'soon')).retryAfterMs).toBeUndefined();
    expect(failureFrom(answer(503)).retryAfterMs).toBeUndefined();
    expect(failureFrom(answer(200, '{"status":"fail","code":429}', '7')).retryAfterMs).toBe(7000);
  });

  it('says which field is missing, which the error says as well', () => {
    const failure = failureFrom(answer(400, '{"error":"Mandatory field utm_source is missing"}'));
    expect(failure).toMatchObject({ reason: 'missing_field', field: 'utm_source' });
    expect(toError(failure, context)).toMatchObject({ reason: 'missing_field', field: 'utm_source' });
  });

  it.each([
    ['Partner name not whitelisted', 'partner_not_whitelisted'],
    ['no', 'other'],
  ])('says of what kind a 400 is (%s), which the error says as well', (words, reason) => {
    const failure = failureFrom(answer(400, words));
    expect(failure.reason).toBe(reason);
    const error = toError(failure, context);
    expect(error).toMatchObject({ reason });
    expect('field' in error).toBe(false);
  });

  it('is shown on one line of bounded length', () => {
    const { text } = failureFrom(answer(500, `first\r\nsecond\u0000\u2028third ${'x'.repeat(5000)}`));
    expect(text.startsWith('first second third xxx')).toBe(true);
    expect(text.length).toBeLessThanOrEqual(301);
  });
});

describe('no answer', () => {
  it.each([
    ['network', true],
    ['network', false],
    ['timeout', true],
  ] as const)('is %s, and maybe recorded only if it was written (%s)', (reason, written) => {
    expect(failureFrom(noAnswer({ reason, written }))).toMatchObject({
      code: reason,
      retryable: true,
      maybeRecorded: written,
      status: undefined,
      retryAfterMs: undefined,
      text: 'other side closed',
      causeCode: 'UND_ERR_SOCKET',
    });
  });

  it('says whether an established connection broke', () => {
    expect(failureFrom(noAnswer({ reset: true })).reset).toBe(true);
    expect(failureFrom(noAnswer({ reset: false })).reset).toBe(false);
  });
});

describe('the error of a failure', () => {
  it.each([
    ['BadRequestError', answer(400, '{"error":"x"}'), 'answered 400 (x): the event cannot be accepted as it is'],
    [
      'BadRequestError',
      answer(400, '{"error":"Partner name not whitelisted"}'),
      'ask CleverTap to whitelist the partner name',
    ],
    ['AuthenticationError', answer(401, ''), 'in1.api.clevertap.com answered 401 for project TEST-111-222Z: check'],
    ['UnexpectedResponseError', answer(302, ''), 'which the protocol does not know; check baseUrl and proxies'],
    ['RateLimitError', answer(429, ''), 'answered 429 for project TEST-111-222Z'],
    ['ServiceUnavailableError', answer(503, 'down'), 'in1.api.clevertap.com answered 503 (down)'],
    ['UnconfirmedError', answer(200, ''), 'but not that the event succeeded, as requireConfirmation asks'],
    ['NetworkError', noAnswer(), 'no answer from in1.api.clevertap.com: other side closed'],
    ['TimeoutError', noAnswer({ reason: 'timeout', message: 'none within 5 ms' }), 'none within 5 ms'],
  ] as const)('is a %s', (name, outcome, message) => {
    const error = toError(failureFrom(outcome, true), context);
    expect(error.name).toBe(name);
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ attempts: 2, host: 'in1.api.clevertap.com', projectId: 'TEST-111-222Z' });
  });

  it('says that it may be recorded if any attempt was', () => {
    const failure = failureFrom(answer(503));
    expect(toError(failure, context).maybeRecorded).toBe(false);
    expect(toError(failure, { ...context, maybeRecorded: true }).maybeRecorded).toBe(true);
  });

  it.each([
    [200, ': it says that the event failed, with no code that the protocol knows'],
    [299, ': it says that the event failed, with no code that the protocol knows'],
    [199, ', which the protocol does not know; check baseUrl and proxies'],
    [300, ', which the protocol does not know; check baseUrl and proxies'],
  ])('of an answer that the protocol does not know says what is odd about it (%i)', (status, advice) => {
    const body = '{"status":"fail","error":"no"}';
    expect(toError(failureFrom(answer(status, body)), context).message).toBe(
      `in1.api.clevertap.com answered ${status} (no)${advice}`,
    );
  });

  it('ends with what happened where nothing else needs saying', () => {
    const outcomes = [
      answer(503),
      answer(429),
      noAnswer(),
      noAnswer({ reason: 'timeout', message: 'none within 5 ms' }),
    ];
    expect(outcomes.map((outcome) => toError(failureFrom(outcome), context).message)).toEqual([
      'in1.api.clevertap.com answered 503',
      'in1.api.clevertap.com answered 429 for project TEST-111-222Z',
      'no answer from in1.api.clevertap.com: other side closed',
      'no answer from in1.api.clevertap.com: none within 5 ms',
    ]);
  });

  it('says why nothing more is tried', () => {
    const stopped = 'gave up after 2 attempts';
    for (const outcome of [answer(503), answer(429), noAnswer(), noAnswer({ reason: 'timeout' })]) {
      expect(toError(failureFrom(outcome), { ...context, stopped }).message).toMatch(/; gave up after 2 attempts$/);
    }
  });

  it('names the region that was asked where credentials are refused', () => {
    expect(toError(failureFrom(answer(401)), context).message).toContain('another region than "in"');
  });

  it('has a cause made of texts, with the code of the transport', () => {
    const error = toError(failureFrom(noAnswer({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' })), context);
    expect(error.cause).toMatchObject({ message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' });
    expect(toError(failureFrom(noAnswer({ code: undefined })), context).cause).toBeUndefined();
    expect(toError(failureFrom(answer(503)), context).cause).toBeUndefined();
  });

  it('holds no secret, whatever the other side says', () => {
    const part = fc.constantFrom(
      CANARY_TOKEN,
      CANARY_PASSCODE,
      'account_token=',
      '/attribution?',
      ' ',
      '"',
      '&',
      '\n',
      'x',
      'is missing',
    );
    const text = fc.array(part, { maxLength: 60 }).map((parts) => parts.join(''));
    const status = fc.constantFrom(200, 302, 400, 401, 404, 429, 500, 502);
    const outcome = fc.oneof(
      fc
        .record({ status, text, asError: fc.boolean() })
        .map((drawn) =>
          answer(drawn.status, drawn.asError ? JSON.stringify({ status: 'fail', error: drawn.text }) : drawn.text),
        ),
      text.map((message) => noAnswer({ message })),
    );
    fc.assert(
      fc.property(outcome, (drawn) => {
        const failure = failureFrom(drawn, true);
        expect(canariesIn(everythingShownOf([failure, toError(failure, context)]))).toEqual([]);
      }),
    );
  });
});
