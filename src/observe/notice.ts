import type { RegionCode } from '../contract/regions.js';
import type { ErrorCode, AnyAttributionError } from '../errors.js';

/** What the notices about one event have in common. None of them ever holds a token, a passcode or a query. */
export interface EventNotice {
  /** The project it is for. */
  readonly projectId: string;
  /** Code of the project's region. */
  readonly region: RegionCode;
  /** Host that its requests go to. */
  readonly host: string;
  /** `organic_install`, `inorganic_install` or `custom`. */
  readonly eventType: string;
}

/** One request has ended, whichever way. */
export interface AttemptNotice extends EventNotice {
  /** The kind of notice. */
  readonly type: 'attempt';
  /** 1 for the first. */
  readonly attempt: number;
  /** `delivered`, or the code of what went wrong. */
  readonly outcome: 'delivered' | ErrorCode;
  /** HTTP status of the answer; undefined if there was none. */
  readonly status: number | undefined;
  /** Whether CleverTap may have recorded the event although the attempt failed. */
  readonly maybeRecorded: boolean;
  /** Of this request alone, in milliseconds. */
  readonly durationMs: number;
}

/** Another attempt will follow. */
export interface RetryNotice extends EventNotice {
  /** The kind of notice. */
  readonly type: 'retry';
  /** The attempt that failed. */
  readonly attempt: number;
  /** Why it failed. */
  readonly code: ErrorCode;
  /** How long the next one waits, in milliseconds. */
  readonly delayMs: number;
}

/** An event was delivered. */
export interface DeliveredNotice extends EventNotice {
  /** The kind of notice. */
  readonly type: 'delivered';
  /** Requests that it took. */
  readonly attempts: number;
  /** Whether CleverTap said so, rather than answer 2xx without the word `success`. */
  readonly confirmed: boolean;
  /** Whether an earlier attempt may have been recorded too. */
  readonly maybeDuplicate: boolean;
  /** HTTP status of the answer. */
  readonly status: number;
  /** From the call to the answer, waits included, in milliseconds. */
  readonly durationMs: number;
}

/** An accepted event ended without delivery. */
export interface FailedNotice extends EventNotice {
  /** The kind of notice. */
  readonly type: 'failed';
  /** What the call rejects with. */
  readonly error: AnyAttributionError;
}

/** A region has answered 5xx for more than 10 minutes without a break, or has stopped to. */
export interface OutageNotice {
  /** The kind of notice: whether the outage has been noticed or has ended. */
  readonly type: 'outage' | 'outage_ended';
  /** Code of the region. */
  readonly region: RegionCode;
  /** Host that its requests go to. */
  readonly host: string;
  /** When the outage began. */
  readonly since: Date;
  /** What to do about it, in a sentence. */
  readonly message: string;
}

/** The retry budget of a region is used up, so that nothing but one probe at a time is retried; or it delivers again. */
export interface BudgetNotice {
  /** The kind of notice: whether the budget is used up or the region delivers again. */
  readonly type: 'retries_suspended' | 'retries_resumed';
  /** Code of the region. */
  readonly region: RegionCode;
  /** Host that its requests go to. */
  readonly host: string;
}

/** What the notices about one project have in common. */
export interface ProjectNotice {
  /** The project. */
  readonly projectId: string;
  /** The region of its account. */
  readonly region: RegionCode;
  /** The host that was asked. */
  readonly host: string;
}

/** A project's credentials (or the partner, for it) were refused so often in a row that nothing more is sent with them. */
export interface HoldNotice extends ProjectNotice {
  /** The kind of notice. */
  readonly type: 'hold';
  /** `authentication`, or `bad_request` where the partner is not whitelisted. */
  readonly code: Extract<ErrorCode, 'authentication' | 'bad_request'>;
  /** Refusals in a row. */
  readonly refusals: number;
  /** What to do about it, in a sentence. */
  readonly message: string;
}

/** A project that was on hold goes on: its credentials were replaced, or a request with them got through. */
export interface HoldEndedNotice extends ProjectNotice {
  /** The kind of notice. */
  readonly type: 'hold_ended';
  /** What ended it. */
  readonly because: 'credentials_replaced' | 'delivered';
}

/** A project's limit fell since its account answered 429, or rose again by a step. */
export interface LimitNotice extends ProjectNotice {
  /** The kind of notice. */
  readonly type: 'limit';
  /** Requests of the project that may be in flight from now on. */
  readonly limit: number;
  /** What changed it. */
  readonly because: 'rate_limited' | 'recovered';
  /** How long nothing at all is sent for the project, in milliseconds; 0 if it goes on. */
  readonly pausedMs: number;
}

/** Something that happened; `type` tells the kinds apart. */
export type Notice =
  | AttemptNotice
  | RetryNotice
  | DeliveredNotice
  | FailedNotice
  | OutageNotice
  | BudgetNotice
  | HoldNotice
  | HoldEndedNotice
  | LimitNotice;
