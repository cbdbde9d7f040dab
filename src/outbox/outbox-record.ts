import type { AttributionClient } from '../client.js';
import type { AttributionEvent, UtmPolicy } from '../contract/event.js';
import { hasControlCharacter } from '../contract/text.js';
import { ValidationError, type ValidationIssue } from '../errors.js';
import { createEventId } from './event-id.js';
import type { QueueItem } from './queue.js';
import { writeStoredEvent } from './stored-event.js';

/** Settings of one `add`. */
export interface AddOptions {
  /** The project it is for. @default the client's default project */
  readonly projectId?: string | undefined;
  /**
   * Your name for the event, 1 to 200 characters: the same id twice is one event, as long as it is stored and, with the
   * embedded store, for a while after. @default a new UUID, which sorts by time
   */
  readonly id?: string | undefined;
}

/** An event for `addMany`. */
export interface OutboxRecord<Policy extends UtmPolicy = 'all'> extends AddOptions {
  /** The event. */
  readonly event: AttributionEvent<Policy>;
}

/** What became of an event that was to be stored. */
export interface Added {
  /** The id that it is stored under. */
  readonly id: string;
  /** Whether an event with this id had been stored before; then this one was not. */
  readonly duplicate: boolean;
}

/** The same for `addMany`, where a record that is not valid costs no other. */
export type AddResult = StoredResult | RefusedResult;

/** An event of `addMany` that is stored. */
export interface StoredResult extends Added {
  /** None. */
  readonly error?: undefined;
}

/** A record of `addMany` that is not valid. */
export interface RefusedResult {
  /** Its id, if it had one that is a text. */
  readonly id: string | undefined;
  /** It is not stored, so it is none. */
  readonly duplicate: false;
  /** Everything that is wrong with it. */
  readonly error: ValidationError;
}

const MAX_ID_LENGTH = 200;

/** What is to be stored of a record, its event stamped; or why it is not valid. */
export function checkRecord(
  { event, projectId: named, id }: OutboxRecord<UtmPolicy>,
  client: AttributionClient<UtmPolicy>,
): { readonly item: QueueItem } | RefusedResult {
  try {
    const projectId = named ?? client.defaultProject?.projectId;
    const issues = [...projectIssues(projectId), ...idIssues(id)];
    if (issues.length > 0 || projectId === undefined) throw new ValidationError('record', issues);
    const payload = writeStoredEvent(client.parse(event));
    return { item: { id: id ?? createEventId(), named: id !== undefined, partition: projectId, payload } };
  } catch (error) {
    return { id: typeof id === 'string' ? id : undefined, duplicate: false, error: error as ValidationError };
  }
}

function projectIssues(projectId: unknown): ValidationIssue[] {
  if (projectId === undefined) {
    return [{ path: ['projectId'], message: 'is required where the client has no default project' }];
  }
  if (typeof projectId === 'string' && projectId !== '') return [];
  return [{ path: ['projectId'], message: 'must be a text that is not empty, or left out for the default project' }];
}

function idIssues(id: unknown): ValidationIssue[] {
  if (id === undefined) return [];
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && !hasControlCharacter(id)) return [];
  return [
    { path: ['id'], message: `must be a text of 1 to ${MAX_ID_LENGTH} characters, none of them a control character` },
  ];
}
