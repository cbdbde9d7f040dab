import { z } from 'zod';
import type { Credentials, CredentialsInput } from './contract/credentials.js';
import type { RegionCode } from './contract/regions.js';
import { validate } from './contract/validate.js';
import { count, deadlineMs, isFunction, regionCodes, timeoutMs } from './option-schemas.js';

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
