import { describe, expect, it } from 'vitest';
import {
  AbortedError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  NetworkError,
  OverflowError,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
} from '../../src/errors.js';
import { failureStatus } from '../../src/forward/forward-result.js';

describe('the status of a failure', () => {
  it.each([
    new ValidationError('event', []),
    new BadRequestError('x', { reason: 'missing_field', field: 'utm_source' }),
    new BadRequestError('x', { reason: 'other' }),
    new UnexpectedResponseError('x'),
  ])('is rejected where the event can never be accepted as it is: $code', (error) => {
    expect(failureStatus(error)).toBe('rejected');
  });

  it.each([
    new BadRequestError('x', { reason: 'partner_not_whitelisted' }),
    new AuthenticationError('x'),
    new RateLimitError('x'),
    new ServiceUnavailableError('x'),
    new NetworkError('x'),
    new TimeoutError('x'),
    new UnconfirmedError('x'),
    new AbortedError('x'),
    new ClosedError('x'),
    new OverflowError('x'),
  ])('is failed where another time it may: $code', (error) => {
    expect(failureStatus(error)).toBe('failed');
  });
});
