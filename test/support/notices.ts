import { AbortedError, BadRequestError, ClosedError } from '../../src/errors.js';
import type { EventNotice, Notice } from '../../src/observe/notice.js';

const host = 'in1.api.clevertap.com';
const project = { projectId: 'TEST-111-222Z', region: 'in', host } as const;
const about: EventNotice = { ...project, eventType: 'custom' };
const since = new Date('2026-01-02T03:04:05Z');
const message = 'write to somebody';

/** A notice of a failure. */
export function failed(error: Extract<Notice, { type: 'failed' }>['error']): Notice {
  return { type: 'failed', ...about, error };
}

/** A notice of each kind, with the level it is logged at. */
export const NOTICES_WITH_LEVEL: readonly (readonly [Notice, string])[] = [
  [
    {
      type: 'attempt',
      ...about,
      attempt: 1,
      outcome: 'network',
      status: undefined,
      maybeRecorded: true,
      durationMs: 5,
    },
    'debug',
  ],
  [{ type: 'retry', ...about, attempt: 1, code: 'network', delayMs: 250 }, 'info'],
  [
    { type: 'delivered', ...about, attempts: 2, confirmed: true, maybeDuplicate: true, status: 200, durationMs: 9 },
    'debug',
  ],
  [failed(new BadRequestError('utm_source is missing', { status: 400, attempts: 1 })), 'error'],
  [failed(new AbortedError('the caller aborted the event', { cause: new Error('secret') })), 'warn'],
  [failed(new ClosedError('the client was closed')), 'warn'],
  [{ type: 'outage', region: 'in', host, since, message }, 'error'],
  [{ type: 'outage_ended', region: 'in', host, since, message }, 'info'],
  [{ type: 'retries_suspended', region: 'in', host }, 'warn'],
  [{ type: 'retries_resumed', region: 'in', host }, 'info'],
  [{ type: 'hold', ...project, code: 'authentication', refusals: 3, message }, 'error'],
  [{ type: 'hold_ended', ...project, because: 'delivered' }, 'info'],
  [{ type: 'limit', ...project, limit: 5, because: 'rate_limited', pausedMs: 0 }, 'warn'],
  [{ type: 'limit', ...project, limit: 6, because: 'recovered', pausedMs: 0 }, 'info'],
];

/** A notice of each kind. */
export const NOTICES: readonly Notice[] = NOTICES_WITH_LEVEL.map(([notice]) => notice);
