import { expect, it } from 'vitest';
import { describeReasons } from '../../src/cli/failure-reason.js';
import {
  AuthenticationError,
  BadRequestError,
  NetworkError,
  ServiceUnavailableError,
  ValidationError,
  type AnyAttributionError,
} from '../../src/errors.js';

function invalid(path: readonly (string | number)[], message: string): ValidationError {
  return new ValidationError('event', [{ path, message }]);
}

it.each<[AnyAttributionError, string]>([
  [invalid([], 'is not JSON'), 'is not JSON'],
  [invalid(['params', 'price'], 'must be a finite number'), 'params.price: must be a finite number'],
  [
    invalid(['params', 'a'], 'takes 8123 of 8400 bytes, more than the 8000 of maxUrlBytes'),
    'params.a: takes … of … bytes, more than the … of maxUrlBytes',
  ],
  [invalid([], 'is not JSON from character 17 on'), 'is not JSON from character … on'],
  [invalid([], 'has 7 cells, more than the 5 columns'), 'has … cells, more than the … columns'],
  [invalid([], 'has 1 cell, fewer than the 5 columns'), 'has … cells, fewer than the … columns'],
  [
    invalid(['name'], 'has 600 characters; shorten it to 512 at most'),
    'name: has … characters; shorten it to 512 at most',
  ],
  [invalid(['timestamp'], 'lies more than 24 hours ahead'), 'timestamp: lies more than 24 hours ahead'],
  [
    invalid(['timestamp'], 'put +05:30 behind it, as in 2026-01-31'),
    'timestamp: put +05:30 behind it, as in 2026-01-31',
  ],
  [new BadRequestError('x', { reason: 'missing_field', field: 'utm_source' }), 'bad_request (utm_source is missing)'],
  [new BadRequestError('x', { reason: 'partner_not_whitelisted' }), 'bad_request (partner_not_whitelisted)'],
  [new AuthenticationError('x', { status: 401 }), 'authentication (401)'],
  [new AuthenticationError('no credentials for project A: x'), 'authentication (no credentials)'],
  [new ServiceUnavailableError('x', { status: 503 }), 'service_unavailable (503)'],
  [new NetworkError('x'), 'network'],
])('a reason leaves out what differs between like ones: %#', (error, reason) => {
  expect(describeReasons('failed', error)).toEqual([`failed: ${reason}`]);
});

it('there is a reason for each mistake of a record, like ones counted once', () => {
  const error = new ValidationError('event', [
    { path: ['name'], message: 'is required' },
    { path: ['platform'], message: 'is required' },
    { path: ['name'], message: 'is required' },
  ]);
  expect(describeReasons('rejected', error)).toEqual([
    'rejected: name: is required',
    'rejected: platform: is required',
  ]);
});

it('there is a bounded number of reasons, whatever a record holds', () => {
  const issues = Array.from({ length: 10_000 }, (_, index) => ({ path: ['params', `p${index}`], message: 'is odd' }));
  expect(describeReasons('rejected', new ValidationError('event', issues))).toHaveLength(20);
});
