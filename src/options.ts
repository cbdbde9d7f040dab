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
import { LONE_SURROGATE, missingText } from './contract/text-problem.js';
import { trimSpaces } from './contract/text.js';
import { check } from './contract/validate.js';
import { ValidationError, type ValidationIssue } from './errors.js';
import type { Logger, LogLevel } from './observe/logger.js';
import type { Notice } from './observe/notice.js';
import { isTelemetry, type Telemetry } from './observe/telemetry.js';
import {
  count,
  deadlineMs,
  flag,
  isFunction,
  loggerSchema,
  logLevelSchema,
  regionCodes,
  timeoutMs,
} from './option-schemas.js';

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
  /** Where to log to: a pino or winston logger or `console` as it is, or a function that takes entries. What it throws or rejects with costs no event. */
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

/** Requests in flight where the options do not say otherwise. */
export const DEFAULT_CONCURRENCY: ConcurrencyLimits = { perProject: 10, total: 256 };

/** How long an event may take where the options do not say otherwise, in milliseconds. */
export const DEFAULT_DEADLINE_MS = 300_000;

const PARTNER_NAME = 'your name as CleverTap has whitelisted it';

const partnerName = z
  .string({ error: ({ input }) => missingText(input, PARTNER_NAME) })
  .transform(trimSpaces)
  .refine((name) => name !== '', { error: missingText('', PARTNER_NAME) })
  .refine((name) => name.isWellFormed(), { error: LONE_SURROGATE });

const baseUrl = z.union([z.string(), z.partialRecord(z.enum(regionCodes), z.string())], {
  error: `must be a URL, or an object with URLs by region code (${regionCodes.join(', ')})`,
});

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value && typeof value.dispatch === 'function';
}

function createOptionsSchema(credentials: z.ZodType<Credentials>) {
  return z.strictObject({
    partnerName,
    credentials: credentials.optional(),
    utmPolicy: z.enum(['all', 'any'], { error: 'must be "all" or "any"' }).default('all'),
    method: z.enum(['GET', 'POST'], { error: 'must be "GET" or "POST"' }).default('GET'),
    baseUrl: baseUrl.optional(),
    allowInsecureHttp: flag,
    timeoutMs: timeoutMs.default(60_000),
    deadlineMs: deadlineMs.default(DEFAULT_DEADLINE_MS),
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
    concurrency: z
      .strictObject({ perProject: count(DEFAULT_CONCURRENCY.perProject), total: count(DEFAULT_CONCURRENCY.total) })
      .prefault({}),
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
