import { LOG_LEVELS, logFunction, type LogEntry, type Logger, type LogLevel } from './logger.js';
import { noticeFacts } from './notice-facts.js';
import type { Notice } from './notice.js';

/** Writes notices to a logger. */
export class NoticeLog {
  readonly #log: (entry: LogEntry) => void;
  readonly #least: number;
  readonly #isEnabled: (level: LogLevel) => boolean;

  /** Without a `leastLevel`, a logger that knows its level decides; any other gets `info` and above. */
  constructor(logger: Logger, leastLevel: LogLevel | undefined) {
    this.#log = logFunction(logger);
    const asked = typeof logger === 'function' ? undefined : logger.isLevelEnabled;
    this.#isEnabled =
      typeof asked === 'function' ? (level) => Reflect.apply(asked, logger, [level]) !== false : () => true;
    this.#least = LOG_LEVELS.indexOf(leastLevel ?? (asked === undefined ? 'info' : 'debug'));
  }

  /** Writes one, if its level is wanted. Lets through what the logger throws. */
  write(notice: Notice): void {
    const level = levelOf(notice);
    if (LOG_LEVELS.indexOf(level) < this.#least || !this.#isEnabled(level)) return;
    this.#log({ level, message: MESSAGES[notice.type], fields: noticeFacts(notice) });
  }
}

// Always the same words, as loggers take a message for a format string or a key to group by.
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
