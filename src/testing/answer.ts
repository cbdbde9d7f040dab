import { SUCCESS_BODY } from '../contract/response.js';

/** A complete HTTP answer. */
export interface Answer {
  readonly status: number;
  /** Lower-case names; the content-length is among them wherever the status has one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes an answer with its content-length; the body is dropped for a status that has none (204, 205, 304). */
export function createAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  if (status === 204 || status === 205 || status === 304) return { status, headers, body: '' };
  return { status, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) }, body };
}

/** Makes an answer of failure as the document shows it: `status`, `error` and `code`, in this order. */
export function createFailure(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return createAnswer(status, JSON.stringify({ status: 'fail', error, code: status }), { ...JSON_TYPE, ...headers });
}

/** Header of a JSON body. */
export const JSON_TYPE: Readonly<Record<string, string>> = Object.freeze({ 'content-type': 'application/json' });

/** The answer to an event that was recorded. */
export const SUCCESS: Answer = Object.freeze(createAnswer(200, SUCCESS_BODY, JSON_TYPE));
