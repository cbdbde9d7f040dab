/**
 * The closed set of errors: whatever this library throws or rejects with is one of these.
 *
 * They lie below everything else, so that each layer can speak of failure in the same words.
 */

/** What went wrong, as a stable string: switch on it rather than on messages. */
export type ErrorCode =
  | 'validation'
  | 'bad_request'
  | 'authentication'
  | 'unexpected_response'
  | 'rate_limited'
  | 'service_unavailable'
  | 'network'
  | 'timeout'
  | 'unconfirmed'
  | 'aborted'
  | 'closed'
  | 'overflow'
  | 'storage';

/** Facts about a failure that any error may carry. None of them ever holds a token, a passcode or a query. */
export interface ErrorDetails {
  /** Requests that were started for this event. @default 0 */
  readonly attempts?: number | undefined;
  /** HTTP status of the last answer. */
  readonly status?: number | undefined;
  /** True if any attempt may have reached CleverTap's books all the same. @default false */
  readonly maybeRecorded?: boolean | undefined;
  /** What the server asked for in `Retry-After`, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Host (and port, where not the default) that was asked. */
  readonly host?: string | undefined;
  /** The CleverTap project the event belongs to. */
  readonly projectId?: string | undefined;
  /** What lies behind it: made anew of redacted texts, but for what the caller itself threw or aborted with. */
  readonly cause?: unknown;
}

/** One thing wrong with one field of the input. */
export interface ValidationIssue {
  /** Where in the input, from the outside in: `['params', 'price']`. Empty for the input as a whole. */
  readonly path: readonly (string | number)[];
  /** What is wrong with it and what would be right. Never repeats the value. */
  readonly message: string;
}

/** What a 400 was about, told by the text of its body. */
export type BadRequestReason = 'missing_field' | 'partner_not_whitelisted' | 'other';

// Symbol.for, so that the ESM and the CJS build (or two versions in one process) recognise each other's errors.
const BRAND = Symbol.for('clevertap-attribution.error');

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'service_unavailable',
  'network',
  'timeout',
  'overflow',
  'storage',
]);

/** Whether the same event, sent again later, may succeed after an error with this code. */
export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

function brandOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? (value as { [BRAND]?: unknown })[BRAND] : undefined;
}

/**
 * Base of every error of this library.
 *
 * `instanceof` holds across the ESM and CJS builds. `JSON.stringify` gives name, code, message and the details.
 */
export abstract class AttributionError extends Error {
  /** What went wrong, as a stable string. */
  readonly code: ErrorCode;
  /** Whether the same event, sent again later, may succeed. */
  readonly retryable: boolean;
  /** Requests that were started for this event; 0 if none was. */
  readonly attempts: number;
  /** Whether CleverTap may have recorded the event in spite of the error. */
  readonly maybeRecorded: boolean;
  /** HTTP status of the last answer, if there was one; where a 2xx told of failure, the `code` in its body. */
  declare readonly status?: number;
  /** What the server asked for in `Retry-After`, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** Host that was asked. */
  declare readonly host?: string;
  /** The CleverTap project the event belongs to. */
  declare readonly projectId?: string;

  protected constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, BRAND, { value: code });
    this.code = code;
    this.retryable = isRetryable(code);
    this.attempts = details.attempts ?? 0;
    this.maybeRecorded = details.maybeRecorded ?? false;
    if (details.status !== undefined) this.status = details.status;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.host !== undefined) this.host = details.host;
    if (details.projectId !== undefined) this.projectId = details.projectId;
  }

  /** The error as plain data, for logs and messages: no stack, no cause. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), name: this.name, message: this.message };
  }

  static {
    this.prototype.name = 'AttributionError';
  }

  /** @internal */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    return this === AttributionError
      ? brandOf(value) !== undefined
      : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/** Gives a class its name and makes `instanceof` go by the brand; subclasses of users keep the ordinary meaning. */
function seal(constructor: { prototype: Error }, name: string, code: ErrorCode): void {
  Object.defineProperty(constructor.prototype, 'name', { value: name, configurable: true, writable: true });
  Object.defineProperty(constructor, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === constructor ? brandOf(value) === code : Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}

// An input can have any number of mistakes; a message that nobody reads to its end helps nobody.
const ISSUES_TOLD = 20;

/** What is wrong with an input, in one text of bounded length: each issue with its field, and a count of those left out. */
export function describeIssues(issues: readonly ValidationIssue[]): string {
  const told = issues
    .slice(0, ISSUES_TOLD)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(showKey).join('.')}: ${message}`));
  const others = issues.length - told.length;
  return [...told, ...(others > 0 ? [`and ${others} more mistakes`] : [])].join('; ');
}

const MAX_KEY_LENGTH = 100;

/** A key of foreign input, fit for a message: one with a line break in it must not forge a line of a log. */
function showKey(key: string | number): string {
  const whole = String(key);
  const text = whole.length > MAX_KEY_LENGTH ? `${whole.slice(0, MAX_KEY_LENGTH).toWellFormed()}…` : whole;
  if (/^[\p{L}\p{N}_.$ ()…-]*$/u.test(text)) return text;
  return JSON.stringify(text).replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The input cannot be accepted as it is: an event, credentials or options. Nothing was sent for it. */
export class ValidationError extends AttributionError {
  declare readonly code: 'validation';
  /** Everything that is wrong, all at once. */
  readonly issues: readonly ValidationIssue[];

  constructor(subject: string, issues: readonly ValidationIssue[], details?: ErrorDetails) {
    super('validation', `${subject}: ${describeIssues(issues)}`, details);
    this.issues = issues;
  }

  static {
    seal(this, 'ValidationError', 'validation');
  }
}

/** CleverTap answered 400: a mandatory field is missing, or the partner name is not whitelisted. Never retried. */
export class BadRequestError extends AttributionError {
  declare readonly code: 'bad_request';
  /** What the 400 was about. */
  readonly reason: BadRequestReason;
  /** With `missing_field`: the field under its wire name, `utm_source`. */
  declare readonly field?: string;

  constructor(
    message: string,
    details: ErrorDetails & { reason?: BadRequestReason | undefined; field?: string | undefined } = {},
  ) {
    super('bad_request', message, details);
    this.reason = details.reason ?? 'other';
    if (details.field !== undefined) this.field = details.field;
  }

  static {
    seal(this, 'BadRequestError', 'bad_request');
  }
}

/** CleverTap refused the credentials (401 or 403), or none were to be had for the project. Never retried. */
export class AuthenticationError extends AttributionError {
  declare readonly code: 'authentication';

  constructor(message: string, details?: ErrorDetails) {
    super('authentication', message, details);
  }

  static {
    seal(this, 'AuthenticationError', 'authentication');
  }
}

/** An answer that the protocol does not know, such as a redirect or a 404. Never retried. */
export class UnexpectedResponseError extends AttributionError {
  declare readonly code: 'unexpected_response';

  constructor(message: string, details?: ErrorDetails) {
    super('unexpected_response', message, details);
  }

  static {
    seal(this, 'UnexpectedResponseError', 'unexpected_response');
  }
}

/** CleverTap answered 429 until the attempts or the time were used up. */
export class RateLimitError extends AttributionError {
  declare readonly code: 'rate_limited';

  constructor(message: string, details?: ErrorDetails) {
    super('rate_limited', message, details);
  }

  static {
    seal(this, 'RateLimitError', 'rate_limited');
  }
}

/** CleverTap answered 5xx, 408 or 425 until the attempts, the time or the retry budget were used up. */
export class ServiceUnavailableError extends AttributionError {
  declare readonly code: 'service_unavailable';

  constructor(message: string, details?: ErrorDetails) {
    super('service_unavailable', message, details);
  }

  static {
    seal(this, 'ServiceUnavailableError', 'service_unavailable');
  }
}

/** The host could not be reached, or the connection broke. `maybeRecorded` tells whether the request had been written. */
export class NetworkError extends AttributionError {
  declare readonly code: 'network';

  constructor(message: string, details?: ErrorDetails) {
    super('network', message, details);
  }

  static {
    seal(this, 'NetworkError', 'network');
  }
}

/** No complete answer within `timeoutMs`, or the event's `deadlineMs` passed before its turn came. */
export class TimeoutError extends AttributionError {
  declare readonly code: 'timeout';

  constructor(message: string, details?: ErrorDetails) {
    super('timeout', message, details);
  }

  static {
    seal(this, 'TimeoutError', 'timeout');
  }
}

/** With `requireConfirmation`: a 2xx whose body did not say `success`. Never retried, since it was probably recorded. */
export class UnconfirmedError extends AttributionError {
  declare readonly code: 'unconfirmed';

  constructor(message: string, details?: ErrorDetails) {
    super('unconfirmed', message, details);
  }

  static {
    seal(this, 'UnconfirmedError', 'unconfirmed');
  }
}

/** The caller's AbortSignal fired. */
export class AbortedError extends AttributionError {
  declare readonly code: 'aborted';

  constructor(message: string, details?: ErrorDetails) {
    super('aborted', message, details);
  }

  static {
    seal(this, 'AbortedError', 'aborted');
  }
}

/** The client was closed: before the event was accepted, or at the deadline of `close()` while it was under way. */
export class ClosedError extends AttributionError {
  declare readonly code: 'closed';

  constructor(message: string, details?: ErrorDetails) {
    super('closed', message, details);
  }

  static {
    seal(this, 'ClosedError', 'closed');
  }
}

/** As many events are pending or stored as the bounds allow; this one was not taken on. */
export class OverflowError extends AttributionError {
  declare readonly code: 'overflow';

  constructor(message: string, details?: ErrorDetails) {
    super('overflow', message, details);
  }

  static {
    seal(this, 'OverflowError', 'overflow');
  }
}

/** The queue behind an outbox cannot be opened, reached, read or written; what it had accepted is still in it. */
export class StorageError extends AttributionError {
  declare readonly code: 'storage';

  constructor(message: string, details?: ErrorDetails) {
    super('storage', message, details);
  }

  static {
    seal(this, 'StorageError', 'storage');
  }
}

/** Any error of this library; `error.code` tells them apart, in types as well. */
export type AnyAttributionError =
  | ValidationError
  | BadRequestError
  | AuthenticationError
  | UnexpectedResponseError
  | RateLimitError
  | ServiceUnavailableError
  | NetworkError
  | TimeoutError
  | UnconfirmedError
  | AbortedError
  | ClosedError
  | OverflowError
  | StorageError;

/** Whether a caught value is an error of this library, of whichever build or copy of it. */
export function isAttributionError(value: unknown): value is AnyAttributionError {
  return brandOf(value) !== undefined;
}
