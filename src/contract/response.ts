import type { BadRequestReason, ErrorCode } from '../errors.js';
import { isReservedParameter } from './parameters.js';

/** The answer of the emulator to an event it takes; the document shows no success body, so this one is ours. */
export const SUCCESS_BODY = '{"status":"success"}';

/** Codes that an answer of the server can lead to. */
export type ResponseErrorCode = Extract<
  ErrorCode,
  'bad_request' | 'authentication' | 'unexpected_response' | 'rate_limited' | 'service_unavailable'
>;

/** What an answer of the server means. */
export type ResponseVerdict =
  | { readonly kind: 'delivered'; readonly confirmed: boolean }
  | {
      readonly kind: 'refused';
      readonly code: ResponseErrorCode;
      /** The status that decided: the HTTP status, or on 2xx the `code` of the body. */
      readonly status: number;
      /** Whether CleverTap may have recorded the event all the same. */
      readonly maybeRecorded: boolean;
      /** The server's own words, as they came: they may repeat the request, so redact before showing. */
      readonly text: string;
      readonly reason?: BadRequestReason;
      /** With `missing_field`: the field under its wire name. */
      readonly field?: string;
    };

const CONFIRMED: ResponseVerdict = Object.freeze({ kind: 'delivered', confirmed: true });
const UNCONFIRMED: ResponseVerdict = Object.freeze({ kind: 'delivered', confirmed: false });

/**
 * Reads a complete answer by the protocol's response table: on 2xx the body decides, on any other status the status does
 * and the body supplies text and field. Total: any status and any body give a verdict.
 */
export function classifyResponse(status: number, body: string): ResponseVerdict {
  if (status < 200 || status > 299) return refused(status, errorText(parseObject(body), body));
  if (body === SUCCESS_BODY) return CONFIRMED;
  const answer = parseObject(body);
  const outcome = answer?.['status'];
  if (outcome === 'success') return CONFIRMED;
  if (outcome !== 'fail' && outcome !== 'partial') return UNCONFIRMED;
  return refused(statusInBody(answer?.['code']) ?? status, errorText(answer, body));
}

function refused(status: number, text: string): ResponseVerdict {
  const code = codeOf(status);
  const verdict = { kind: 'refused', code, status, maybeRecorded: status === 502 || status === 504, text } as const;
  return code === 'bad_request' ? { ...verdict, ...readBadRequest(text) } : verdict;
}

function codeOf(status: number): ResponseErrorCode {
  if (status === 400) return 'bad_request';
  if (status === 401 || status === 403) return 'authentication';
  if (status === 429) return 'rate_limited';
  if (status === 408 || status === 425 || (status >= 500 && status <= 599)) return 'service_unavailable';
  return 'unexpected_response';
}

const MISSING_FIELD = /^\W{0,3}([\w -]{1,64}?)\W{0,3} is (?:missing|empty)\b/i;
const NOT_WHITELISTED = /\bnot whitelisted\b/i;

function readBadRequest(text: string): { reason: BadRequestReason; field?: string } {
  const field = MISSING_FIELD.exec(text)?.[1];
  if (field !== undefined) return { reason: 'missing_field', field: wireNameIn(field) };
  return { reason: NOT_WHITELISTED.test(text) ? 'partner_not_whitelisted' : 'other' };
}

/** "Mandatory field utm_source" speaks of `utm_source`; a name that the protocol does not know is kept as it is. */
function wireNameIn(words: string): string {
  const last = words.slice(words.lastIndexOf(' ') + 1);
  return isReservedParameter(last) ? last : words;
}

function parseObject(body: string): Record<string, unknown> | undefined {
  const start = body.trimStart();
  if (!start.startsWith('{')) return undefined;
  try {
    return JSON.parse(start) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The `code` of a body where it can stand for an HTTP status of failure. */
function statusInBody(code: unknown): number | undefined {
  const status = typeof code === 'string' ? Number(code) : code;
  return typeof status === 'number' && Number.isInteger(status) && status >= 300 && status <= 599 ? status : undefined;
}

function errorText(answer: Record<string, unknown> | undefined, body: string): string {
  const error = answer?.['error'] ?? answer?.['message'];
  return typeof error === 'string' ? error : body;
}
