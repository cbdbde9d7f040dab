import { expect, it } from 'vitest';
import {
  AbortedError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  NetworkError,
  OverflowError,
  RateLimitError,
  ServiceUnavailableError,
  StorageError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
} from '../../src/errors.js';
import { decideDelivery } from '../../src/outbox/delivery-decision.js';

it.each([
  ['dead', new ValidationError('event', [{ path: [], message: 'is wrong' }])],
  ['dead', new BadRequestError('400', { reason: 'other' })],
  ['dead', new UnexpectedResponseError('404')],
  ['dead', new UnconfirmedError('200')],
  ['hold', new AuthenticationError('401')],
  ['hold', new BadRequestError('400', { reason: 'partner_not_whitelisted' })],
  ['hand_back', new AbortedError('stopping')],
  ['hand_back', new ClosedError('closed')],
  ['retry', new RateLimitError('429')],
  ['retry', new ServiceUnavailableError('503')],
  ['retry', new NetworkError('reset')],
  ['retry', new TimeoutError('late')],
  ['retry', new OverflowError('full')],
  ['retry', new StorageError('gone')],
] as const)('is %s after %s', (decision, error) => {
  expect(decideDelivery(error, false)).toBe(decision);
  expect(decideDelivery(error, true)).toBe(decision);
});

it('is dead where it may have been recorded and must not be sent twice', () => {
  const error = new TimeoutError('late', { maybeRecorded: true });
  expect(decideDelivery(error, false)).toBe('retry');
  expect(decideDelivery(error, true)).toBe('dead');
});
