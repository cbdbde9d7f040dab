import type { Dispatcher } from 'undici';
import { z } from 'zod';
import {
  credentialsSchema,
  regionlessCredentialsSchema,
  type Credentials,
  type CredentialsInput,
} from './contract/credentials.js';
import { DEFAULT_MAX_URL_BYTES } from './contract/encode-query.js';
import { baseUrlProblem, type BaseUrl } from './contract/endpoint.js';
import type { UtmPolicy } from './contract/event.js';
import { regions, type RegionCode } from './contract/regions.js';
import { LONE_SURROGATE, missingText } from './contract/text-problem.js';
import { trimSpaces } from './contract/text.js';
import { check, validate } from './contract/validate.js';
import { ValidationError, type ValidationIssue } from './errors.js';
import { isLogger, LOG_LEVELS, type Logger, type LogLevel } from './observe/logger.js';
import type { Notice } from './observe/notice.js';
import { isTelemetry, type Telemetry } from './observe/telemetry.js';

/** When a failed attempt is followed by another. */
export interface RetryOptions {
  /** Attempts for one event at most, the first included; at least 1. @default 5 */
  readonly maxAttempts?: number | undefined;
  /** Upper end of the first delay, in milliseconds; each delay is anything from nothing to its upper end. @default 500 */
  readonly initialDelayMs?: number | undefined;
  /** Highest upper end of a delay, in milliseconds; a longer `Retry-After` is honoured all the same. @default 30000 */
  readonly maxDelayMs?: number | undefined;
  /** What the upper end is multiplied by from one delay to the next. @default 2 */
  readonly factor?: number | undefined;
  /**
   * What to do after an attempt that may have been recorded (a time-out, a broken connection, 502, 504): `retry` delivers
   * at least once and may deliver twice, `stop` delivers at most once. @default 'retry'
   */
  readonly whenMaybeRecorded?: 'retry' | 'stop' | undefined;
}

/** How many requests may be in flight. */
export interface ConcurrencyOptions {
  /** For one project; CleverTap's other APIs answer 429 above about 15. @default 10 */
  readonly perProject?: number | undefined;
  /** For all projects together. @default 256 */
  readonly total?: number | undefined;
}

/** Where the requests go through: connections of the client's own, or a dispatcher of the caller's. */
export type ConnectionOptions =
  | {
      /** Most connections to one host. @default concurrency.total */
      readonly connections?: number | undefined;
      /**
       * How long an idle connection is kept, in milliseconds; less where the server announces less. Keep it below what the
       * proxies on the way allow, commonly 60 s. @default 30000
       */
      readonly keepAliveTimeoutMs?: number | undefined;
      /** Whether to offer HTTP/2, of which one connection carries up to 100 requests at once. @default false */
      readonly allowH2?: boolean | undefined;
      /** Excluded by `connections`, `keepAliveTimeoutMs` and `allowH2`. */
      readonly dispatcher?: undefined;
    }
  | {
      /** Excluded by `dispatcher`, which keeps its own. */
      readonly connections?: undefined;
      /** Excluded by `dispatcher`, which keeps its own. */
      readonly keepAliveTimeoutMs?: undefined;
      /** Excluded by `dispatcher`, which decides that itself. */
      readonly allowH2?: undefined;
      /** A dispatcher of undici 7 or later to send through (a proxy agent, a mock); it is never closed here. */
      readonly dispatcher: Dispatcher;
    };

/** Options of `AttributionClient`. */
export type ClientOptions<Policy extends UtmPolicy = 'all'> = ConnectionOptions & {
  /** Your name as a partner, as CleverTap has whitelisted it. Letter case counts. */
  readonly partnerName: string;
  /** Credentials of the default project, which `client.send` and `client.forward` use where none is named. */
  readonly credentials?: CredentialsInput | Credentials | undefined;
  /** Whether installs need all UTM fields or any one of them. @default 'all' */
  readonly utmPolicy?: Policy | undefined;
  /** HTTP method; the document names none. The query is the same either way. @default 'GET' */
  readonly method?: 'GET' | 'POST' | undefined;
  /**
   * Other hosts than CleverTap's: a map by region code, where regions that it does not name keep CleverTap's host; or one
   * URL for everything, which excludes `region` in credentials.
   */
  readonly baseUrl?: BaseUrl | undefined;
  /** Allows `http:` in `baseUrl` for other than loopback addresses: credentials then travel unencrypted. @default false */
  readonly allowInsecureHttp?: boolean | undefined;
  /** For one attempt, from connecting to the end of the body, in milliseconds. @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** For one event, all attempts and waits included, in milliseconds; `Infinity` for none. @default 300000 */
  readonly deadlineMs?: number | undefined;
  /** When a failed attempt is followed by another. */
  readonly retry?: RetryOptions | undefined;
  /** Largest path and query, in bytes; an event over it is refused. @default 8000 */
  readonly maxUrlBytes?: number | undefined;
  /** Whether a 2xx that does not say `success` is an error (`unconfirmed`). @default false */
  readonly requireConfirmation?: boolean | undefined;
  /** How many requests may be in flight. */
  readonly concurrency?: ConcurrencyOptions | undefined;
  /** Events that may be pending; `send` beyond it fails with `overflow` at once. @default 10000 */
  readonly maxPending?: number | undefined;
  /** Told of everything that happens. What it throws costs no event. */
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  /** Where to log to: a pino or winston logger or `console` as it is, or a function that takes entries. What it throws costs no event. */
  readonly logger?: Logger | undefined;
  /** Least level that is logged. @default what the logger lets through; 'info' for one without `isLevelEnabled` */
  readonly logLevel?: LogLevel | undefined;
  /** Where spans and metrics go: `openTelemetry()` of `clevertap-attribution/opentelemetry`, or your own. */
  readonly telemetry?: Telemetry | undefined;
};

/** `RetryOptions` with the defaults filled in. */
export type RetryPolicy = Readonly<Required<{ [Name in keyof RetryOptions]: NonNullable<RetryOptions[Name]> }>>;

/** `ConcurrencyOptions` with the defaults filled in. */
export interface ConcurrencyLimits {
  /** Requests in flight for one project. */
  readonly perProject: number;
  /** Requests in flight for all projects together. */
  readonly total: number;
}

/** All options with their defaults filled in; frozen. */
export interface ResolvedOptions {
  readonly partnerName: string;
  readonly credentials: Credentials | undefined;
  readonly utmPolicy: UtmPolicy;
  readonly method: 'GET' | 'POST';
  readonly baseUrl: BaseUrl | undefined;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly maxUrlBytes: number;
  readonly requireConfirmation: boolean;
  readonly concurrency: ConcurrencyLimits;
  readonly maxPending: number;
  readonly connections: number;
  readonly keepAliveTimeoutMs: number;
  readonly allowH2: boolean;
  readonly dispatcher: Dispatcher | undefined;
  readonly onNotice: ((notice: Notice) => void) | undefined;
  readonly logger: Logger | undefined;
  readonly logLevel: LogLevel | undefined;
  readonly telemetry: Telemetry | undefined;
}

function count(fallback: number) {
  const error = 'must be a whole number, at least 1';
  return z.int({ error }).min(1, { error }).default(fallback);
}

function durationMs() {
  const error = 'must be a number of milliseconds greater than 0';
  return z.number({ error }).positive({ error });
}

const timeoutMs = durationMs().max(2 ** 31 - 1, { error: 'must be less than 2^31 milliseconds' });

const deadlineMs = z.custom<number>((value) => typeof value === 'number' && value > 0, {
  error: 'must be a number of milliseconds greater than 0, or Infinity',
});

const flag = z.boolean({ error: 'must be true or false' }).default(false);

const PARTNER_NAME = 'your name as CleverTap has whitelisted it';

const partnerName = z
  .string({ error: ({ input }) => missingText(input, PARTNER_NAME) })
  .transform(trimSpaces)
  .refine((name) => name !== '', { error: missingText('', PARTNER_NAME) })
  .refine((name) => name.isWellFormed(), { error: LONE_SURROGATE });

const regionCodes = regions.map(({ code }) => code) as [RegionCode, ...RegionCode[]];

const baseUrl = z.union([z.string(), z.partialRecord(z.enum(regionCodes), z.string())], {
  error: `must be a URL, or an object with URLs by region code (${regionCodes.join(', ')})`,
});

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function';
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Where to log to; the outbox takes the same. */
export const loggerSchema = z
  .custom<Logger>(isLogger, { error: `must be a function, or a logger with the methods ${LOG_LEVELS.join(', ')}` })
  .optional();

/** Least level that is logged; the outbox takes the same. */
export const logLevelSchema = z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).optional();

function createOptionsSchema(credentials: z.ZodType<Credentials>) {
  return z.strictObject({
    partnerName,
    credentials: credentials.optional(),
    utmPolicy: z.enum(['all', 'any'], { error: 'must be "all" or "any"' }).default('all'),
    method: z.enum(['GET', 'POST'], { error: 'must be "GET" or "POST"' }).default('GET'),
    baseUrl: baseUrl.optional(),
    allowInsecureHttp: flag,
    timeoutMs: timeoutMs.default(60_000),
    deadlineMs: deadlineMs.default(300_000),
    retry: z
      .strictObject({
        maxAttempts: count(5),
        initialDelayMs: z
          .number({ error: 'must be a number of milliseconds' })
          .min(0, { error: 'must not be negative' })
          .default(500),
        maxDelayMs: z
          .number({ error: 'must be a number of milliseconds' })
          .min(0, { error: 'must not be negative' })
          .default(30_000),
        factor: z.number({ error: 'must be a number' }).min(1, { error: 'must be at least 1' }).default(2),
        whenMaybeRecorded: z.enum(['retry', 'stop'], { error: 'must be "retry" or "stop"' }).default('retry'),
      })
      .prefault({}),
    maxUrlBytes: count(DEFAULT_MAX_URL_BYTES),
    requireConfirmation: flag,
    concurrency: z.strictObject({ perProject: count(10), total: count(256) }).prefault({}),
    maxPending: count(10_000),
    connections: count(1).unwrap().optional(),
    keepAliveTimeoutMs: timeoutMs.default(30_000),
    allowH2: flag,
    dispatcher: z.custom<Dispatcher>(isDispatcher, { error: 'must be an undici Dispatcher' }).optional(),
    onNotice: z.custom<(notice: Notice) => void>(isFunction, { error: 'must be a function' }).optional(),
    logger: loggerSchema,
    logLevel: logLevelSchema,
    telemetry: z
      .custom<Telemetry>(isTelemetry, { error: 'must be what openTelemetry() gives, or an object with a method begin' })
      .optional(),
  });
}

const optionsSchema = createOptionsSchema(credentialsSchema);
const singleBaseUrlSchema = createOptionsSchema(regionlessCredentialsSchema);

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const given: Record<string, unknown> = typeof options === 'object' && options !== null ? { ...options } : {};
  const checked = check(typeof given['baseUrl'] === 'string' ? singleBaseUrlSchema : optionsSchema, options);
  const issues = [...('issues' in checked ? checked.issues : []), ...combinationIssues(given)];
  if (issues.length > 0 || 'issues' in checked) throw new ValidationError('options', issues);
  const { value } = checked;
  return Object.freeze({
    ...value,
    credentials: value.credentials,
    baseUrl: value.baseUrl,
    dispatcher: value.dispatcher,
    onNotice: value.onNotice,
    logger: value.logger,
    logLevel: value.logLevel,
    telemetry: value.telemetry,
    connections: value.connections ?? value.concurrency.total,
  });
}

/** What is wrong with options that are right each by itself. */
function combinationIssues(given: Record<string, unknown>): ValidationIssue[] {
  const issues: ValidationIssue[] = [];
  const { dispatcher, baseUrl: base, allowInsecureHttp } = given;
  for (const name of ['connections', 'keepAliveTimeoutMs', 'allowH2']) {
    if (dispatcher === undefined || given[name] === undefined) continue;
    const message = `excludes dispatcher, which keeps its own connections: give one of ${name} and dispatcher`;
    issues.push({ path: [name], message });
  }
  const urls: [path: string[], url: unknown][] =
    typeof base === 'object' && base !== null
      ? Object.entries(base).map(([code, url]) => [['baseUrl', code], url])
      : [[['baseUrl'], base]];
  for (const [path, url] of urls) {
    const message = typeof url === 'string' ? baseUrlProblem(url, allowInsecureHttp === true) : undefined;
    if (message !== undefined) issues.push({ path, message });
  }
  return issues;
}

/** Settings of one call that replace the client's. */
export interface CallOptions {
  /** Ends the event at once when it fires, wherever it is: waiting, in flight or between two attempts. */
  readonly signal?: AbortSignal | undefined;
  /** For one attempt, in milliseconds. @default the client's */
  readonly timeoutMs?: number | undefined;
  /** For the event, all attempts and waits included, in milliseconds. @default the client's */
  readonly deadlineMs?: number | undefined;
}

/** Settings of one `send` that replace the client's. */
export interface SendOptions extends CallOptions {
  /**
   * What to do while the retry budget of the event's region is used up: `fail` with the last error, or `wait` behind one
   * probe at a time, as `forward()` does. The event's time then runs from its first attempt on and stands still while it
   * waits. @default 'fail'
   */
  readonly whenSuspended?: 'fail' | 'wait' | undefined;
}

const callOptionsSchema = z.strictObject({
  signal: z.custom<AbortSignal>(isSignal, { error: 'must be an AbortSignal' }).optional(),
  timeoutMs: timeoutMs.optional(),
  deadlineMs: deadlineMs.optional(),
});

const sendOptionsSchema = callOptionsSchema.extend({
  whenSuspended: z.enum(['fail', 'wait'], { error: 'must be "fail" or "wait"' }).optional(),
});

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value;
}

/**
 * Checks the settings of one `send`.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkSendOptions(options: unknown): SendOptions {
  return validate(sendOptionsSchema, options, 'options');
}

/** Settings of `warmUp()`. */
export interface WarmUpOptions {
  /** Connections to have ready for each region, no more than the client's `connections`. @default concurrency.perProject */
  readonly connections?: number | undefined;
  /** Codes of the regions. @default the region of the default project */
  readonly regions?: readonly RegionCode[] | undefined;
}

const warmUpOptionsSchema = z.strictObject({
  connections: count(1).unwrap().optional(),
  regions: z.array(z.enum(regionCodes), { error: `must be region codes (${regionCodes.join(', ')})` }).optional(),
});

/**
 * Checks the settings of `warmUp()`.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkWarmUpOptions(options: unknown): WarmUpOptions {
  return validate(warmUpOptionsSchema, options, 'options');
}

/** Settings of `close()`. */
export interface CloseOptions {
  /**
   * How long pending events may still take, in milliseconds; 0 gives them up at once, `Infinity` never. @default 30000
   */
  readonly timeoutMs?: number | undefined;
}

/** Settings of the client's `close()`. */
export interface ClientCloseOptions extends CloseOptions {
  /**
   * Waits for the requests that are under way alone: what waits for its turn or for its next attempt is given up at once, and
   * nothing is tried again. For whoever keeps the events until they are delivered. @default false
   */
  readonly onlyInFlight?: boolean | undefined;
}

const closeOptionsSchema = z.strictObject({
  timeoutMs: z
    .custom<number>((value) => typeof value === 'number' && value >= 0, {
      error: 'must be a number of milliseconds, at least 0, or Infinity',
    })
    .default(30_000),
});

/**
 * Checks the settings of `close()` and fills in the default.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkCloseOptions(options: unknown): { readonly timeoutMs: number } {
  return validate(closeOptionsSchema, options, 'options');
}

const clientCloseOptionsSchema = closeOptionsSchema.extend({
  onlyInFlight: z.boolean({ error: 'must be true or false' }).default(false),
});

/** `ClientCloseOptions` with the defaults filled in. */
export type ResolvedCloseOptions = Readonly<z.output<typeof clientCloseOptionsSchema>>;

/**
 * Checks the settings of the client's `close()` and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkClientCloseOptions(options: unknown): ResolvedCloseOptions {
  return validate(clientCloseOptionsSchema, options, 'options');
}

/**
 * Looks up the credentials of a project; undefined or null if there are none. May return a promise. Whatever it throws
 * fails the record; an `AuthenticationError` comes out as it is.
 */
export type CredentialsLookup = (
  projectId: string,
) => CredentialsInput | Credentials | null | undefined | PromiseLike<CredentialsInput | Credentials | null | undefined>;

/** Settings of `forward()`; the call options hold for each event, whose time runs from its first attempt on. */
export interface ForwardOptions extends CallOptions {
  /** Credentials of the projects that records name; asked once per project, and again after they were refused. */
  readonly credentials?: CredentialsLookup | undefined;
  /**
   * Records that may be read without their result having been taken, to find those of projects that could go on: one that
   * hangs stops the others only when its records fill it. @default 1024
   */
  readonly lookAhead?: number | undefined;
  /**
   * Records of one project that may be pending; one more ends as `failed` with code `overflow`, so that a project in
   * trouble can never fill the look-ahead. It holds for healthy projects as well: make it as large as the records that one
   * project has in a row, or sort those of projects by turns. @default none: they wait
   */
  readonly maxPendingPerProject?: number | undefined;
}

/** `ForwardOptions` with the defaults filled in. */
export interface ResolvedForwardOptions extends ForwardOptions {
  readonly lookAhead: number;
  readonly maxPendingPerProject: number;
}

const forwardOptionsSchema = callOptionsSchema.extend({
  credentials: z
    .custom<CredentialsLookup>(isFunction, { error: 'must be a function from project id to credentials' })
    .optional(),
  lookAhead: count(1024),
  maxPendingPerProject: count(1).unwrap().optional(),
});

/**
 * Checks the settings of a `forward()` and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function checkForwardOptions(options: unknown): ResolvedForwardOptions {
  const { maxPendingPerProject = Number.POSITIVE_INFINITY, ...checked } = validate(
    forwardOptionsSchema,
    options,
    'options',
  );
  return { ...checked, maxPendingPerProject };
}
