import { ValidationError, type ValidationIssue } from '../errors.js';
import type { QueueItem } from './queue.js';

const TEXTS = ['id', 'partition', 'payload'] as const;

/**
 * Makes sure that items are what an engine can keep, whoever made them.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkItems(items: readonly QueueItem[]): void {
  if (items.every(isSound)) return;
  throw new ValidationError('items', items.flatMap(issuesOf));
}

function isSound(item: QueueItem): boolean {
  return TEXTS.every((name) => isText(item[name]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function issuesOf(item: QueueItem, index: number): ValidationIssue[] {
  return TEXTS.flatMap((name) => {
    if (isText(item[name])) return [];
    return [{ path: [index, name], message: 'must be a string that is not empty' }];
  });
}
