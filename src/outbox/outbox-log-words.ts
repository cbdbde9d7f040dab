import type { LogLevel } from '../observe/logger.js';
import { factsOf } from '../observe/notice-facts.js';
import type { LogWords } from '../observe/notice-log.js';
import type { OutboxNotice } from './outbox-notice.js';

const MESSAGES: Readonly<Record<OutboxNotice['type'], string>> = {
  delivered: 'stored attribution event delivered',
  rescheduled: 'stored attribution event could not be delivered, it will be tried again',
  dead_letter: 'stored attribution event became a dead letter',
  hold: 'stored attribution events of a CleverTap project on hold, its credentials are refused',
  hold_ended: 'stored attribution events of a CleverTap project no longer on hold',
  spilled: 'the queue of the outbox cannot be reached, attribution events were stored in the spill store',
  spill_drained: 'attribution events of the spill store are in the queue of the outbox again',
  trouble: 'the outbox could not do something in the background, it will be tried again',
};

const LEVELS: Readonly<Record<OutboxNotice['type'], LogLevel>> = {
  delivered: 'debug',
  rescheduled: 'info',
  dead_letter: 'error',
  hold: 'error',
  hold_ended: 'info',
  spilled: 'warn',
  spill_drained: 'info',
  trouble: 'warn',
};

/** How an outbox's notices are logged. */
export const OUTBOX_LOG_WORDS: LogWords<OutboxNotice> = {
  levelOf: ({ type }) => LEVELS[type],
  messageOf: ({ type }) => MESSAGES[type],
  factsOf: (notice) => factsOf({ ...notice, at: 'at' in notice ? notice.at.toISOString() : undefined }),
};
