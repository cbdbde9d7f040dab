import { kindOf } from './kind-of-value.js';

/** A text that no request can carry. */
export const LONE_SURROGATE = 'holds a lone surrogate, which has no UTF-8 form';

/** What to tell of a value that is no text where a text is due. */
export function notText(value: unknown): string {
  const isSimple = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';
  return `must be a text, but ${kindOf(value)} was given${isSimple ? '; put it in quotes' : ''}`;
}

/** What to tell of a value in the place of a text that is required; `what` belongs there. */
export function missingText(value: unknown, what: string): string {
  if (value === undefined || value === null) return `is required: ${what}`;
  return typeof value === 'string' ? `is empty, but required: ${what}` : notText(value);
}
