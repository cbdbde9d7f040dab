import { z } from 'zod';
import type { AttributionClient } from '../client.js';
import type { UtmPolicy } from '../contract/event.js';
import { validate } from '../contract/validate.js';
import type { Logger, LogLevel } from '../observe/logger.js';
import type { CredentialsLookup } from '../call-options.js';
import { count, durationMs, isFunction, loggerSchema, logLevelSchema } from '../option-schemas.js';
import type { OutboxNotice } from './outbox-notice.js';
import type { Queue } from './queue.js';
import type { RetrySchedule } from './retry-schedule.js';

/** Options of `Outbox`. */
export interface OutboxOptions<Policy extends UtmPolicy = 'all'> {
  /** Delivers the events; it stays the caller's and is not closed with the outbox. */
  readonly client: AttributionClient<Policy>;
  /** Keeps the events, `sqliteQueue(…)` for instance; it is closed with the outbox. */
  readonly queue: Queue;
  /**
   * Keeps events on this machine's disk while `queue` cannot be reached, and brings them there once it is back:
   * `sqliteQueue({ path })`. With it, `add` goes on while Redis is away. Closed with the outbox. @default none: `add` rejects then
   */
  readonly spill?: Queue | undefined;
  /**
   * Credentials of the projects that events name, asked when an event is delivered: they are never stored, and rotation
   * just works. The client's default project needs none.
   */
  readonly credentials?: CredentialsLookup | undefined;
  /** Events that may be out for delivery at once. @default 256 */
  readonly concurrency?: number | undefined;
  /** Events of one project that may be out for delivery at once. @default 32 */
  readonly perProject?: number | undefined;
  /**
   * How long one delivery may take, in milliseconds: a few attempts in a short time, since the long waits are the
   * queue's. @default 60000
   */
  readonly deadlineMs?: number | undefined;
  /**
   * How long an event is out before another process may have it, in milliseconds, if this one dies: to be delivered, or to be
   * moved from the spill store. @default 60000
   */
  readonly leaseMs?: number | undefined;
  /**
   * How long an event may keep failing before it becomes a dead letter, in milliseconds; `Infinity` for ever. Time on hold
   * does not count, and neither does time in the queue without a delivery. @default 604800000 (7 days)
   */
  readonly maxFailingMs?: number | undefined;
  /** When an event is delivered again that failed for a reason that passes. */
  readonly retry?: Partial<RetrySchedule> | undefined;
  /** When the credentials of a project on hold are tried again. */
  readonly probe?: Partial<RetrySchedule> | undefined;
  /** Told of what becomes of events. What it throws costs no event. */
  readonly onNotice?: ((notice: OutboxNotice) => void) | undefined;
  /** Where to log what becomes of stored events, as the client's `logger`; single attempts are in that one's log. */
  readonly logger?: Logger | undefined;
  /** Least level that is logged. @default what the logger lets through; 'info' for one without `isLevelEnabled` */
  readonly logLevel?: LogLevel | undefined;
}

/** `OutboxOptions` with the defaults filled in. */
export interface ResolvedOutboxOptions {
  readonly client: AttributionClient<UtmPolicy>;
  readonly queue: Queue;
  readonly spill: Queue | undefined;
  readonly credentials: CredentialsLookup | undefined;
  readonly concurrency: number;
  readonly perProject: number;
  readonly deadlineMs: number;
  readonly leaseMs: number;
  readonly maxFailingMs: number;
  readonly retry: RetrySchedule;
  readonly probe: RetrySchedule;
  readonly onNotice: ((notice: OutboxNotice) => void) | undefined;
  readonly logger: Logger | undefined;
  readonly logLevel: LogLevel | undefined;
}

function schedule(initialDelayMs: number, maxDelayMs: number) {
  return z
    .strictObject({
      initialDelayMs: durationMs().default(initialDelayMs),
      maxDelayMs: durationMs().default(maxDelayMs),
    })
    .prefault({});
}

function withMethods<Type>(error: string, ...names: string[]) {
  return z.custom<Type>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    { error },
  );
}

const MINUTE_MS = 60_000;

const QUEUE_METHODS = ['enqueue', 'consume', 'stats', 'close'];

const outboxOptionsSchema = z
  .strictObject({
    client: withMethods<AttributionClient<UtmPolicy>>('must be an AttributionClient', 'project', 'send', 'parse'),
    queue: withMethods<Queue>('must be a Queue, such as sqliteQueue({ path })', ...QUEUE_METHODS),
    spill: withMethods<Queue>('must be a Queue, such as sqliteQueue({ path })', ...QUEUE_METHODS).optional(),
    credentials: z
      .custom<CredentialsLookup>(isFunction, { error: 'must be a function from project id to credentials' })
      .optional(),
    concurrency: count(256),
    perProject: count(32),
    deadlineMs: durationMs().default(MINUTE_MS),
    leaseMs: durationMs().default(MINUTE_MS),
    maxFailingMs: z
      .custom<number>((value) => typeof value === 'number' && value > 0, {
        error: 'must be a number of milliseconds greater than 0, or Infinity',
      })
      .default(7 * 24 * 60 * MINUTE_MS),
    retry: schedule(10_000, 120 * MINUTE_MS),
    probe: schedule(2 * MINUTE_MS, 60 * MINUTE_MS),
    onNotice: z.custom<(notice: OutboxNotice) => void>(isFunction, { error: 'must be a function' }).optional(),
    logger: loggerSchema,
    logLevel: logLevelSchema,
  })
  .refine(({ queue, spill }) => queue !== spill, { path: ['spill'], error: 'must be another queue than `queue`' });

/**
 * Checks the options of an outbox and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function resolveOutboxOptions(options: unknown): ResolvedOutboxOptions {
  const { spill, credentials, onNotice, logger, logLevel, ...checked } = validate(
    outboxOptionsSchema,
    options,
    'options',
  );
  return Object.freeze({ ...checked, spill, credentials, onNotice, logger, logLevel });
}
