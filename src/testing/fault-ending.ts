import { STATUS_CODES } from 'node:http';
import { createAnswer, createFailure, JSON_TYPE, SUCCESS, type Answer } from './answer.js';
import type { FailFault, Fault, LatencyFault, StatusFault } from './fault.js';
import type { Ending } from './plan.js';

/** How a request ends that a fault decides. `usual` is the answer it would have had otherwise. */
export function endingOf(fault: Exclude<Fault, LatencyFault>, usual: Answer): Ending {
  switch (fault.kind) {
    case 'status':
      return answering(statusAnswer(fault));
    case 'parallel_limit':
      return answering(statusAnswer({ kind: 'status', status: 429, retryAfter: fault.retryAfter }));
    case 'hang':
    case 'garbage':
      return { kind: fault.kind };
    case 'stalled_body':
      return { kind: 'cut', answer: usual, then: 'stall' };
    case 'broken_body':
      return { kind: 'cut', answer: usual, then: 'break' };
    case 'reset_before':
      return { kind: 'reset', requestRead: false };
    case 'reset_after':
      return { kind: 'reset', requestRead: true };
    case 'empty_200':
      return answering(createAnswer(200, ''));
    case 'html_200':
      return answering(createAnswer(200, MAINTENANCE_PAGE, HTML_TYPE));
    case 'fail_200':
      return answering(createAnswer(200, failBody(fault), JSON_TYPE));
    case 'oversized_body':
      return { kind: 'flood', bytes: fault.bytes };
    case 'redirect':
      return answering(createAnswer(302, '', { location: fault.location }));
  }
}

const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };
const TEXT_TYPE = { 'content-type': 'text/plain; charset=utf-8' };
const MAINTENANCE_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Back soon</body></html>\n';

// The document's words for "5XX".
const UNAVAILABLE = 'Service Unavailable. Please retry later.';

function answering(answer: Answer): Ending {
  return { kind: 'answer', answer };
}

function statusAnswer({ status, body, retryAfter }: StatusFault): Answer {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (body !== undefined) return createAnswer(status, body, { ...typeOf(body), ...headers });
  if (status < 300) return createAnswer(status, SUCCESS.body, { ...JSON_TYPE, ...headers });
  return createFailure(status, status >= 500 ? UNAVAILABLE : (STATUS_CODES[status] ?? 'Unknown'), headers);
}

function typeOf(body: string): Readonly<Record<string, string>> {
  if (body.startsWith('{')) return JSON_TYPE;
  return body.startsWith('<') ? HTML_TYPE : TEXT_TYPE;
}

function failBody({ status = 'fail', error = 'The event was not processed', code }: FailFault): string {
  return JSON.stringify({ status, error, code });
}
