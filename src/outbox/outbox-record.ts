import type { AttributionEvent, ParsedEvent, UtmPolicy } from '../contract/event.js';
import { hasControlCharacter } from '../contract/text.js';
import { isAttributionError, ValidationError, type ValidationIssue } from '../errors.js';
import { unknownKeys } from '../forward/unknown-keys.js';
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

const ADD_KEYS = ['projectId', 'id'];
const ADD_OPTIONS = 'the options { projectId?, id? }';
const RECORD_KEYS = ['event', ...ADD_KEYS];
const RECORD = 'a record { event, projectId?, id? }';

/** What an outbox checks events with. */
export interface Intake {
  /** Project of what names none; undefined if there is no default. */
  readonly defaultProjectId: string | undefined;
  /** Checks and stamps an event of a project. @throws {ValidationError} with everything that is wrong with it. */
  readonly parse: (event: unknown, projectId: string) => ParsedEvent<UtmPolicy>;
}

/** What is to be stored of an event that `add` was given, stamped; or why it is not valid. */
export function checkAdded(event: unknown, options: unknown, intake: Intake): CheckedRecord {
  return checked(options, ADD_KEYS, ADD_OPTIONS, intake, () => event);
}

/** What is to be stored of a record of `addMany`, its event stamped; or why it is not valid. */
export function checkRecord(record: unknown, intake: Intake): CheckedRecord {
  return checked(record, RECORD_KEYS, RECORD, intake, ({ event }) => event);
}

/** An item to store, or why there is none. */
export type CheckedRecord = { readonly item: QueueItem } | RefusedResult;

/** Records to store. @throws {ValidationError} if they are no list: a single record, or a text. */
export function checkRecords(records: unknown): Iterable<unknown> {
  if (typeof records === 'object' && records !== null && Symbol.iterator in records)
    return records as Iterable<unknown>;
  const message = 'must be a list of records { event, projectId?, id? }, or another iterable of them';
  throw new ValidationError('records', [{ path: [], message }]);
}

/** Ids of dead letters. @throws {ValidationError} if they are no list of texts. */
export function checkIds(ids: unknown): readonly string[] {
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw new ValidationError('ids', [{ path: [], message: "must be a list of texts, as in ['order-1']" }]);
}

function checked(
  source: unknown,
  keys: readonly string[],
  what: string,
  intake: Intake,
  eventOf: (fields: Record<string, unknown>) => unknown,
): CheckedRecord {
  let id: unknown;
  try {
    if (typeof source !== 'object' || source === null || Array.isArray(source)) throw unreadable(`must be ${what}`);
    const fields = source as Record<string, unknown>;
    id = fields['id'];
    const projectId = fields['projectId'] ?? intake.defaultProjectId;
    const issues = [
      ...unknownKeys(fields, keys, what),
      ...projectIssues(fields['projectId'], projectId),
      ...idIssues(id),
    ];
    if (issues.length > 0) throw new ValidationError('record', issues);
    const payload = writeStoredEvent(intake.parse(eventOf(fields), projectId as string));
    const named = id !== undefined;
    return { item: { id: named ? (id as string) : createEventId(), named, partition: projectId as string, payload } };
  } catch (error) {
    const known = isAttributionError(error) && error.code === 'validation';
    const refusal = known ? error : unreadable('could not be read: a property of it throws');
    return { id: typeof id === 'string' ? id : undefined, duplicate: false, error: refusal };
  }
}

function unreadable(message: string): ValidationError {
  return new ValidationError('record', [{ path: [], message }]);
}

function projectIssues(named: unknown, projectId: unknown): ValidationIssue[] {
  if (named === undefined && projectId === undefined) {
    return [{ path: ['projectId'], message: 'is required where the client has no default project' }];
  }
  const given = named === undefined ? projectId : named;
  if (typeof given === 'string' && given.trim() !== '') return [];
  return [{ path: ['projectId'], message: 'must be a text that is not empty, or left out for the default project' }];
}

function idIssues(id: unknown): ValidationIssue[] {
  if (id === undefined) return [];
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && !hasControlCharacter(id)) return [];
  return [
    { path: ['id'], message: `must be a text of 1 to ${MAX_ID_LENGTH} characters, none of them a control character` },
  ];
}
