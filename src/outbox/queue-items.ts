import { ValidationError, type ValidationIssue } from '../errors.js';
import type { QueueItem } from './queue.js';

const TEXTS = ['id', 'partition', 'payload'] as const;

/**
 * Makes sure that items are what an engine can keep, whoever made them.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkItems(items: readonly QueueItem[]): void {
  const issues = items.flatMap(issuesOf);
  if (issues.length > 0) throw new ValidationError('items', issues);
}

function issuesOf(item: QueueItem, index: number): ValidationIssue[] {
  return TEXTS.flatMap((name) => {
    const text: unknown = item[name];
    if (typeof text === 'string' && text !== '') return [];
    return [{ path: [index, name], message: 'must be a string that is not empty' }];
  });
}
