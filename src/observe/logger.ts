import type { NoticeFacts } from './notice-facts.js';

/** Levels of log entries, from the least to the most important. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One entry for a log. Nothing in it holds a token, a passcode or a query. */
export interface LogEntry {
  /** How important it is. */
  readonly level: LogLevel;
  /** What happened, in words that are always the same for the same kind of thing. */
  readonly message: string;
  /** The facts; texts of others in them have control characters escaped. */
  readonly fields: NoticeFacts;
}

/** A logger with a method per level: pino, winston, bunyan, `console`. */
export type LoggerMethods = Readonly<Record<LogLevel, (...args: never[]) => unknown>> & {
  /** Asked before an entry is made, if the logger has it. */
  readonly isLevelEnabled?: ((level: never) => boolean) | undefined;
};

/** Where log entries go: a logger as it is, or a function that takes entries. */
export type Logger = LoggerMethods | ((entry: LogEntry) => void);

/** The levels in order. */
export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Whether a value can be logged to. */
export function isLogger(value: unknown): value is Logger {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  return LOG_LEVELS.every((level) => typeof Reflect.get(value, level) === 'function');
}

/**
 * The logger as a function that takes entries, whichever way round it takes message and fields. It gives what the logger
 * gives: a promise, where that is an async function.
 */
export function logFunction(logger: Logger): (entry: LogEntry) => unknown {
  if (typeof logger === 'function') return (entry) => logger(entry);
  // Called on the logger each time: methods of pino and winston need it, and pino replaces them when its level changes.
  const methods = logger as Record<LogLevel, (...args: unknown[]) => unknown>;
  return takesFieldsFirst(logger)
    ? ({ level, message, fields }) => methods[level](fields, message)
    : ({ level, message, fields }) => methods[level](message, fields);
}

/** pino and bunyan take `(fields, message)`; winston, `console` and the others `(message, fields)`. */
function takesFieldsFirst(logger: object): boolean {
  const has = (name: string): boolean => typeof Reflect.get(logger, name) === 'function';
  return has('child') && (has('bindings') || has('addSerializers'));
}
