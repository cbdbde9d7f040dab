import type { z } from 'zod';
import { ValidationError, type ValidationIssue } from '../errors.js';

/**
 * Runs a schema over foreign input: the parsed value, or one `ValidationError` with everything that is wrong.
 *
 * Input whose getters or proxy traps throw is invalid input too, so nothing but a `ValidationError` comes out.
 */
export function validate<Output>(schema: z.ZodType<Output>, input: unknown, subject: string): Output {
  let result: z.ZodSafeParseResult<Output>;
  try {
    result = schema.safeParse(input);
  } catch {
    throw new ValidationError(subject, [{ path: [], message: 'could not be read: a property of it throws' }]);
  }
  if (result.success) return result.data;
  throw new ValidationError(subject, result.error.issues.map(toValidationIssue));
}

function toValidationIssue(issue: z.core.$ZodIssue): ValidationIssue {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  return { path: Object.freeze(path), message: issue.message };
}
