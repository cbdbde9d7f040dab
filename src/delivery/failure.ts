import type { Endpoint } from '../contract/endpoint.js';
import { classifyResponse, type ResponseErrorCode, type ResponseVerdict } from '../contract/response.js';
import { toSingleLine } from '../contract/text.js';
import {
  AuthenticationError,
  BadRequestError,
  isRetryable,
  NetworkError,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  type AnyAttributionError,
  type BadRequestReason,
} from '../errors.js';
import type { Answer, AttemptOutcome, NoAnswer } from './outcome.js';
import { parseRetryAfter } from './retry-after.js';

/** Codes that a single attempt can fail with. */
export type FailureCode = ResponseErrorCode | NoAnswer['reason'] | 'unconfirmed';

/** Why one attempt did not deliver its event; free of secrets. */
export interface AttemptFailure {
  readonly kind: 'failed';
  readonly code: FailureCode;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** Whether CleverTap may have recorded the event all the same. */
  readonly maybeRecorded: boolean;
  /** Whether an established connection broke: the first retry after that need not wait. */
  readonly reset: boolean;
  /** HTTP status of the answer, if there was one. */
  readonly status: number | undefined;
  /** What `Retry-After` asked for. */
  readonly retryAfterMs: number | undefined;
  readonly reason?: BadRequestReason | undefined;
  readonly field?: string | undefined;
  /** The server's or the transport's own words, on one line. */
  readonly text: string;
  /** The transport's error code, such as `ECONNREFUSED`. */
  readonly causeCode: string | undefined;
}

/** An attempt that delivered its event. */
export interface AttemptSuccess {
  readonly kind: 'delivered';
  readonly confirmed: boolean;
  readonly status: number;
}

/** Takes the secrets of an attempt out of a foreign text. */
export interface Redactor {
  /** The text without them. */
  redact(text: string): string;
}

/**
 * Reads what came of a request by the protocol's response table.
 *
 * @param requireConfirmation whether a 2xx that does not say `success` counts as a failure.
 */
export function readOutcome(
  outcome: AttemptOutcome,
  redactor: Redactor,
  requireConfirmation: boolean,
): AttemptSuccess | AttemptFailure {
  if (outcome.kind === 'no_answer') return readNoAnswer(outcome, redactor);
  const verdict = classifyResponse(outcome.status, outcome.body);
  if (verdict.kind === 'refused') return readRefusal(outcome, verdict, redactor);
  if (verdict.confirmed || !requireConfirmation) {
    return { kind: 'delivered', confirmed: verdict.confirmed, status: outcome.status };
  }
  return {
    ...NOTHING_SPECIAL,
    code: 'unconfirmed',
    maybeRecorded: true,
    status: outcome.status,
    text: show(outcome.body, redactor),
  };
}

const NOTHING_SPECIAL = {
  kind: 'failed',
  retryable: false,
  maybeRecorded: false,
  reset: false,
  status: undefined,
  retryAfterMs: undefined,
  causeCode: undefined,
} as const;

function readNoAnswer(outcome: NoAnswer, redactor: Redactor): AttemptFailure {
  return {
    ...NOTHING_SPECIAL,
    code: outcome.reason,
    retryable: isRetryable(outcome.reason),
    maybeRecorded: outcome.written,
    reset: outcome.reset,
    text: show(outcome.message, redactor),
    causeCode: outcome.code,
  };
}

function readRefusal(
  answer: Answer,
  verdict: Extract<ResponseVerdict, { kind: 'refused' }>,
  redactor: Redactor,
): AttemptFailure {
  return {
    ...NOTHING_SPECIAL,
    code: verdict.code,
    retryable: isRetryable(verdict.code),
    maybeRecorded: verdict.maybeRecorded,
    status: verdict.status,
    retryAfterMs: answer.retryAfter === undefined ? undefined : parseRetryAfter(answer.retryAfter, Date.now()),
    reason: verdict.reason,
    field: verdict.field === undefined ? undefined : show(verdict.field, redactor),
    text: show(verdict.text, redactor),
  };
}

/** Redacts before it shortens, so that no part of a secret is left at the cut. */
function show(text: string, redactor: Redactor): string {
  return toSingleLine(redactor.redact(text));
}

/** What an error says beside the failure itself. */
export interface FailureContext {
  readonly endpoint: Endpoint;
  readonly projectId: string;
  readonly attempts: number;
  /** Whether any attempt may have been recorded. */
  readonly maybeRecorded: boolean;
  /** Why there is no further attempt, where that needs saying. */
  readonly stopped?: string | undefined;
}

/** The error that tells the caller of a failure after which nothing more is tried. */
export function toError(failure: AttemptFailure, context: FailureContext): AnyAttributionError {
  const { endpoint, projectId, attempts, maybeRecorded, stopped } = context;
  const { status, retryAfterMs } = failure;
  const details = { attempts, maybeRecorded, status, retryAfterMs, host: endpoint.host, projectId };
  const gaveUp = stopped === undefined ? '' : `; ${stopped}`;
  const happened = describeFailure(failure, endpoint.host);
  switch (failure.code) {
    case 'bad_request': {
      const { reason, field } = failure;
      return new BadRequestError(badRequestMessage(happened, reason), { ...details, reason, field });
    }
    case 'authentication':
      return new AuthenticationError(
        `${happened} for project ${projectId}: check Project ID, Token and Passcode, and the region as well, since credentials of another region than "${endpoint.region}" are answered the same way`,
        details,
      );
    case 'unexpected_response':
      return new UnexpectedResponseError(`${happened}${adviceOn(failure)}`, details);
    case 'rate_limited':
      return new RateLimitError(`${happened} for project ${projectId}${gaveUp}`, details);
    case 'service_unavailable':
      return new ServiceUnavailableError(`${happened}${gaveUp}`, details);
    case 'unconfirmed':
      return new UnconfirmedError(
        `${happened}, but not that the event succeeded, as requireConfirmation asks`,
        details,
      );
    case 'network':
      return new NetworkError(`${happened}${gaveUp}`, withCause(details, failure));
    case 'timeout':
      return new TimeoutError(`${happened}${gaveUp}`, details);
  }
}

/** What came of an attempt that failed, in a few words. */
export function describeFailure({ status, text }: AttemptFailure, host: string): string {
  if (status === undefined) return `no answer from ${host}: ${text}`;
  return `${host} answered ${status}${text === '' ? '' : ` (${text})`}`;
}

function adviceOn({ status = 0 }: AttemptFailure): string {
  return status >= 200 && status <= 299
    ? ': it says that the event failed, with no code that the protocol knows'
    : ', which the protocol does not know; check baseUrl and proxies';
}

function badRequestMessage(answered: string, reason: BadRequestReason | undefined): string {
  return reason === 'partner_not_whitelisted'
    ? `${answered}: ask CleverTap to whitelist the partner name`
    : `${answered}: the event cannot be accepted as it is`;
}

/** The cause is made anew of plain texts: a foreign error object may hold anything, the request included. */
export function withCause<Details extends object>(
  details: Details,
  { text, causeCode }: Pick<AttemptFailure, 'text' | 'causeCode'>,
): Details {
  return causeCode === undefined ? details : { ...details, cause: Object.assign(new Error(text), { code: causeCode }) };
}
