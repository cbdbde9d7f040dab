import type { LogLevel } from './logger.js';
import type { Notice } from './notice.js';
import { noticeFacts } from './notice-facts.js';
import type { LogWords } from './notice-log.js';

const MESSAGES: Readonly<Record<Notice['type'], string>> = {
  attempt: 'attribution attempt ended',
  retry: 'attribution attempt failed, another will follow',
  delivered: 'attribution event delivered',
  failed: 'attribution event failed',
  outage: 'CleverTap region has an outage',
  outage_ended: 'CleverTap region has recovered from an outage',
  retries_suspended: 'retries to CleverTap region suspended',
  retries_resumed: 'retries to CleverTap region resumed',
  hold: 'CleverTap project on hold, its credentials are refused',
  hold_ended: 'CleverTap project no longer on hold',
  limit: 'limit of CleverTap project changed',
};

/** Errors want somebody to act; warnings mean that something works worse than it should, or was ended by the caller. */
function levelOf(notice: Notice): LogLevel {
  switch (notice.type) {
    case 'attempt':
    case 'delivered':
      return 'debug';
    case 'retry':
    case 'outage_ended':
    case 'retries_resumed':
    case 'hold_ended':
      return 'info';
    case 'limit':
      return notice.because === 'recovered' ? 'info' : 'warn';
    case 'retries_suspended':
      return 'warn';
    case 'failed':
      return notice.error.code === 'aborted' || notice.error.code === 'closed' ? 'warn' : 'error';
    case 'outage':
    case 'hold':
      return 'error';
  }
}

/** How a client's notices are logged. */
export const CLIENT_LOG_WORDS: LogWords<Notice> = {
  levelOf,
  messageOf: ({ type }) => MESSAGES[type],
  factsOf: noticeFacts,
};
