import { expect } from 'vitest';
import { isAttributionError, type AnyAttributionError } from '../../src/errors.js';
import { canariesIn, everythingShownOf } from './canary.js';

/** The error that a promise rejects or a call throws: one of ours, and one that shows neither a secret nor a query. */
export async function failureOf(action: Promise<unknown> | (() => unknown)): Promise<AnyAttributionError> {
  const error = await failure(action);
  if (!isAttributionError(error)) throw error;
  expectNothingSecretIn(error);
  return error;
}

async function failure(action: Promise<unknown> | (() => unknown)): Promise<unknown> {
  let value: unknown;
  try {
    value = await (typeof action === 'function' ? action() : action);
  } catch (error) {
    return error;
  }
  return new Error(`it did not fail but gave ${JSON.stringify(value)}`);
}

/** Searches everything that shows of a value for secrets and for the query of a request. */
export function expectNothingSecretIn(value: unknown): void {
  const shown = everythingShownOf(value);
  expect(canariesIn(shown)).toEqual([]);
  expect(shown).not.toMatch(/device_identifier=|account_id=|account_token=(?!\[)|account_passcode=(?!\[)/);
}
