import { alikeKey } from '../contract/alike-key.js';
import { nearKey } from '../contract/near-key.js';
import type { ValidationIssue } from '../errors.js';

/**
 * An issue for each key that an object should not have, with the key that was probably meant: a mistyped `project_id` that
 * vanished would send the event to the default project.
 *
 * @param what What the known keys are of, as in "a record { event, projectId?, id? }".
 */
export function unknownKeys(value: object, known: readonly string[], what: string): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  for (const key in value) {
    if (known.includes(key)) continue;
    const meant = alikeKey(key, known) ?? nearKey(key, known);
    const hint = meant === undefined ? '' : `; write "${meant}"`;
    issues.push({ path: [key], message: `is no key of ${what}${hint}` });
  }
  return issues;
}
