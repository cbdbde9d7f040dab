import type { z } from 'zod';
import { ValidationError, type ErrorDetails, type ValidationIssue } from '../errors.js';
import { toSingleLine } from './text.js';

/** A parsed value, or everything that is wrong with the input. */
export type Checked<Output> = { readonly value: Output } | { readonly issues: readonly ValidationIssue[] };

/**
 * Runs a schema over foreign input. Input whose getters or proxy traps throw is invalid input too, so nothing is thrown.
 */
export function check<Output>(schema: z.ZodType<Output>, input: unknown): Checked<Output> {
  try {
    const result = schema.safeParse(input);
    return result.success ? { value: result.data } : { issues: result.error.issues.map(toValidationIssue) };
  } catch {
    return { issues: [{ path: [], message: 'could not be read: a property of it throws' }] };
  }
}

/**
 * The parsed value of foreign input.
 *
 * @throws {ValidationError} with everything that is wrong at once, introduced by the `subject`.
 */
export function validate<Output>(
  schema: z.ZodType<Output>,
  input: unknown,
  subject: string,
  details?: ErrorDetails,
): Output {
  const checked = check(schema, input);
  if ('issues' in checked) throw new ValidationError(subject, checked.issues, details);
  return checked.value;
}

function toValidationIssue(issue: z.core.$ZodIssue): ValidationIssue {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return { path: Object.freeze(path), message: plainMessage(issue) };
}

/** What zod says of unknown keys and of things that are no objects, where a schema says nothing of its own, in our words. */
function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('Unrecognized key') && issue.code === 'unrecognized_keys') {
    return `unknown ${issue.keys.map((key) => `"${toSingleLine(key, 80)}"`).join(', ')}`;
  }
  return issue.message.startsWith('Invalid input: expected object') ? 'must be an object' : issue.message;
}
