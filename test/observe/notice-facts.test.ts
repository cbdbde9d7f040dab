import { describe, expect, it } from 'vitest';
import { AbortedError, BadRequestError, RateLimitError } from '../../src/errors.js';
import { noticeFacts } from '../../src/observe/notice-facts.js';
import { failed, NOTICES } from '../support/notices.js';

describe('the facts of a notice', () => {
  it('are flat for every kind, frozen, and name kind, region and host', () => {
    for (const notice of NOTICES) {
      const facts = noticeFacts(notice);
      expect(facts).toMatchObject({ type: notice.type, region: 'in', endpointHost: 'in1.api.clevertap.com' });
      const kinds = new Set(Object.values(facts).map((value) => typeof value));
      expect([...kinds].filter((kind) => !['string', 'number', 'boolean'].includes(kind))).toEqual([]);
      expect(Object.isFrozen(facts)).toBe(true);
    }
  });

  it('of a failure are those of its error, but for its cause and its stack', () => {
    const error = new RateLimitError('too many', {
      status: 429,
      attempts: 5,
      retryAfterMs: 2000,
      cause: new Error('x'),
    });
    expect(noticeFacts(failed(error))).toEqual({
      type: 'failed',
      projectId: 'TEST-111-222Z',
      region: 'in',
      endpointHost: 'in1.api.clevertap.com',
      eventType: 'custom',
      code: 'rate_limited',
      reason: 'too many',
      httpStatus: 429,
      attempts: 5,
      retryable: true,
      retryAfterMs: 2000,
      maybeRecorded: false,
    });
  });

  it('hold nothing that is not on the list', () => {
    const error = new AbortedError('the caller aborted', { cause: { token: 'secret' } });
    const notice = { ...failed(error), query: 'secret', device_identifier: 'secret' };
    expect(JSON.stringify(noticeFacts(notice))).not.toContain('secret');
  });

  it('have control characters escaped, whoever wrote them', () => {
    const notice = { ...failed(new BadRequestError('said "a\nb"')), projectId: 'P\r\nX' };
    expect(noticeFacts(notice)).toMatchObject({ reason: 'said "a\\u000ab"', projectId: 'P\\u000d\\u000aX' });
  });

  it('say when an outage began, and what to do', () => {
    const [outage] = NOTICES.filter(({ type }) => type === 'outage');
    expect(outage && noticeFacts(outage)).toMatchObject({
      since: '2026-01-02T03:04:05.000Z',
      advice: 'write to somebody',
    });
  });
});
