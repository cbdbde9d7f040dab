import { ForeignCode } from './foreign-code.js';
import { LOG_LEVELS, logFunction, type LogEntry, type Logger, type LogLevel } from './logger.js';
import type { NoticeFacts } from './notice-facts.js';

/** How notices of some kind are logged. */
export interface LogWords<Notice> {
  readonly levelOf: (notice: Notice) => LogLevel;
  /**
   * Always the same for the same kind of notice, with nothing foreign in it: loggers take a message for a format string, or
   * a key to group by.
   */
  readonly messageOf: (notice: Notice) => string;
  readonly factsOf: (notice: Notice) => NoticeFacts;
}

/** Writes notices to a logger. */
export class NoticeLog<Notice> {
  readonly #log: (entry: LogEntry) => unknown;
  readonly #least: number;
  readonly #isEnabled: (level: LogLevel) => boolean;
  readonly #levelCode = new ForeignCode('isLevelEnabled of the logger');

  /** Without a `leastLevel`, a logger that knows its level decides; any other gets `info` and above. */
  constructor(
    logger: Logger,
    leastLevel: LogLevel | undefined,
    private readonly words: LogWords<Notice>,
  ) {
    this.#log = logFunction(logger);
    const asked = typeof logger === 'function' ? undefined : logger.isLevelEnabled;
    this.#isEnabled =
      typeof asked === 'function'
        ? (level) => this.#levelCode.run((): unknown => Reflect.apply(asked, logger, [level])) !== false
        : () => true;
    this.#least = LOG_LEVELS.indexOf(leastLevel ?? (asked === undefined ? 'info' : 'debug'));
  }

  /** Writes one, if its level is wanted. Lets through what the logger throws, and gives what it gives. */
  write(notice: Notice): unknown {
    const { levelOf, messageOf, factsOf } = this.words;
    const level = levelOf(notice);
    if (LOG_LEVELS.indexOf(level) < this.#least || !this.#isEnabled(level)) return undefined;
    return this.#log({ level, message: messageOf(notice), fields: factsOf(notice) });
  }
}
