import { notText } from '../contract/text-problem.js';
import type { ValidationIssue } from '../errors.js';
import { unknownKeys } from './unknown-keys.js';

/** A record of a source taken apart, with everything that is wrong with it as a record. */
export interface ReadRecord {
  readonly event: unknown;
  readonly projectId: string | undefined;
  readonly id: string | undefined;
  readonly issues: readonly ValidationIssue[];
}

const KEYS = ['event', 'projectId', 'id'];
const FORM = '{ event, projectId?, id? }';

/**
 * Takes a record apart. An unknown key is a mistake of its record: a mistyped `project_id` that vanished would send the
 * event to the default project. Whether the event is valid is for its schema to say.
 */
export function readRecord(item: unknown): ReadRecord {
  try {
    if (typeof item === 'object' && item !== null) return readFields(item as Record<string, unknown>);
  } catch {
    return unreadable('could not be read: a property of it throws');
  }
  return unreadable(`must be an object ${FORM}`);
}

function unreadable(message: string): ReadRecord {
  return { event: undefined, projectId: undefined, id: undefined, issues: [{ path: [], message }] };
}

function readFields(item: Record<string, unknown>): ReadRecord {
  const { event, projectId, id } = item;
  const issues = unknownKeys(item, KEYS, `a record ${FORM}`);
  if (projectId !== undefined && !isFilledText(projectId)) {
    const problem = typeof projectId === 'string' ? 'is empty; name the project' : notText(projectId);
    issues.push({ path: ['projectId'], message: `${problem}, or leave it out for the default project` });
  }
  if (id !== undefined && id !== null && typeof id !== 'string') issues.push({ path: ['id'], message: notText(id) });
  return {
    event,
    projectId: isFilledText(projectId) ? projectId : undefined,
    id: typeof id === 'string' ? id : undefined,
    issues,
  };
}

function isFilledText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
