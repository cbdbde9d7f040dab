import { escapeControlCharacters } from './escape-control-characters.js';
import type { Notice } from './notice.js';

/**
 * What a notice says, as flat data: fields of this list only, texts on one line and of bounded length. What the logger and
 * the subscribers of our diagnostics channels get. A field that does not belong to the kind of notice is not there.
 */
export interface NoticeFacts {
  /** The kind of notice: that of a client's or an outbox's. */
  readonly type: string;
  /** Of a stored event: its id. */
  readonly id?: string;
  /** The project. */
  readonly projectId?: string;
  /** Code of the region. */
  readonly region?: string;
  /** Host that requests go to. Not `host`, which log services take for the machine that logs. */
  readonly endpointHost?: string;
  /** `organic_install`, `inorganic_install` or `custom`. */
  readonly eventType?: string;
  /** Of an attempt or retry: 1 for the first attempt. */
  readonly attempt?: number;
  /** Of an event at its end: requests that were started for it. */
  readonly attempts?: number;
  /** Of an attempt: `delivered`, or the code of what went wrong. */
  readonly outcome?: string;
  /** Code of what went wrong. */
  readonly code?: string;
  /** Why the event failed, in a sentence; texts of the server in it are redacted. */
  readonly reason?: string;
  /** HTTP status of the answer. Not `status`, which log services take for the level. */
  readonly httpStatus?: number;
  /** Whether the same event, sent again later, may succeed. */
  readonly retryable?: boolean;
  /** What the server asked for in `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number;
  /** How long the next attempt waits, in milliseconds. */
  readonly delayMs?: number;
  /** How long it took, in milliseconds. */
  readonly durationMs?: number;
  /** How long the event had been stored, in milliseconds. */
  readonly ageMs?: number;
  /** When a stored event is due again, as an ISO date. */
  readonly at?: string;
  /** Whether CleverTap said that it took the event. */
  readonly confirmed?: boolean;
  /** Whether CleverTap may have recorded the event although it failed. */
  readonly maybeRecorded?: boolean;
  /** Whether the event may be there twice. */
  readonly maybeDuplicate?: boolean;
  /** When an outage began, as an ISO date. */
  readonly since?: string;
  /** What to do about it, in a sentence. */
  readonly advice?: string;
  /** What ended a hold, or changed a limit. */
  readonly because?: string;
  /** What an outbox tries again: to `start`, to `deliver`, to `drain` the spill store. */
  readonly doing?: string;
  /** How often an outbox had trouble with that so far. */
  readonly troubles?: number;
  /** Events that went to the spill store, or back. */
  readonly events?: number;
  /** Refusals of the project's credentials in a row. */
  readonly refusals?: number;
  /** Requests of the project that may be in flight. */
  readonly limit?: number;
  /** How long nothing is sent for the project, in milliseconds. */
  readonly pausedMs?: number;
}

const NAMES: readonly (keyof NoticeFacts)[] = [
  'type',
  'id',
  'projectId',
  'region',
  'endpointHost',
  'eventType',
  'attempt',
  'attempts',
  'outcome',
  'code',
  'reason',
  'httpStatus',
  'retryable',
  'retryAfterMs',
  'delayMs',
  'durationMs',
  'ageMs',
  'at',
  'confirmed',
  'maybeRecorded',
  'maybeDuplicate',
  'since',
  'advice',
  'because',
  'doing',
  'troubles',
  'events',
  'refusals',
  'limit',
  'pausedMs',
];

/** A source of facts: everything at the top, under their names, and perhaps more that is not among them. */
export type FactSource = Pick<NoticeFacts, 'type'> & {
  readonly [Name in keyof NoticeFacts]?: NoticeFacts[Name] | undefined;
};

/** The facts of a client's notice, frozen. */
export function noticeFacts(notice: Notice): NoticeFacts {
  return factsOf(flatten(notice));
}

/** The facts in a source, frozen: nothing that is not on the list, and no text as it came. */
export function factsOf(source: FactSource): NoticeFacts {
  const facts: MutableFacts = { type: escapeControlCharacters(source.type) };
  for (const name of NAMES) copyFact(name, source, facts);
  return Object.freeze(facts);
}

type MutableFacts = { -readonly [Name in keyof NoticeFacts]: NoticeFacts[Name] };

function copyFact<Name extends keyof NoticeFacts>(
  name: Name,
  from: Pick<FactSource, Name>,
  to: Pick<MutableFacts, Name>,
): void {
  const value = from[name];
  if (value === undefined) return;
  // A text stays one.
  to[name] = (typeof value === 'string' ? escapeControlCharacters(value) : value) as MutableFacts[Name];
}

function flatten(notice: Notice): FactSource {
  const endpointHost = notice.host;
  switch (notice.type) {
    case 'failed': {
      const { code, message, status, attempts, retryable, retryAfterMs, maybeRecorded } = notice.error;
      const why = { code, reason: message, httpStatus: status, attempts, retryable, retryAfterMs, maybeRecorded };
      return { ...notice, endpointHost, ...why };
    }
    case 'outage':
    case 'outage_ended':
      return { ...notice, endpointHost, since: notice.since.toISOString(), advice: notice.message };
    case 'hold':
      return { ...notice, endpointHost, advice: notice.message };
    default:
      return { ...notice, endpointHost, httpStatus: 'status' in notice ? notice.status : undefined };
  }
}
