import { expect, it } from 'vitest';
import { describeReason } from '../../src/cli/failure-reason.js';
import {
  BadRequestError,
  NetworkError,
  ServiceUnavailableError,
  ValidationError,
  type AnyAttributionError,
} from '../../src/errors.js';

function invalid(path: readonly (string | number)[], message: string): ValidationError {
  return new ValidationError('event', [
    { path, message },
    { path: ['other'], message: 'is wrong too' },
  ]);
}

it.each<[AnyAttributionError, string]>([
  [invalid([], 'is not JSON'), 'the record itself: is not JSON'],
  [invalid(['params', 'price'], 'must be a finite number'), 'params.price: must be a finite number'],
  [invalid(['params', 'a'], 'takes 8123 of 8400 bytes'), 'params.a: takes … of … bytes'],
  [invalid([], 'is not JSON from character 17 on'), 'the record itself: is not JSON from character … on'],
  [new BadRequestError('x', { reason: 'missing_field', field: 'utm_source' }), 'bad_request (utm_source is missing)'],
  [new BadRequestError('x', { reason: 'partner_not_whitelisted' }), 'bad_request (partner_not_whitelisted)'],
  [new ServiceUnavailableError('x', { status: 503 }), 'service_unavailable (503)'],
  [new NetworkError('x'), 'network'],
])('a reason leaves out what differs between like ones: %#', (error, reason) => {
  expect(describeReason('failed', error)).toBe(`failed: ${reason}`);
});
