import { z } from 'zod';
import type {
  AttributionEvent,
  CustomEvent,
  EventType,
  InorganicInstall,
  OptionalText,
  OrganicInstall,
  ParsedCustomEvent,
  ParsedEvent,
  ParsedInorganicInstall,
  ParsedOrganicInstall,
  Platform,
  UtmPolicy,
} from './event.js';
import { alikeKey } from './alike-key.js';
import { kindOf } from './kind-of-value.js';
import { isReservedParameter } from './parameters.js';
import { nearKey } from './near-key.js';
import { paramsSchema } from './params.js';
import { LONE_SURROGATE, missingText, notText } from './text-problem.js';
import { hasControlCharacter, toSingleLine, trimSpaces } from './text.js';
import { parseTimestamp, stampNow, type TimestampInput } from './timestamp.js';

/** Schema of an event under a UTM policy. */
export type EventSchema<Policy extends UtmPolicy = 'all'> = z.ZodType<ParsedEvent<Policy>, AttributionEvent<Policy>>;

/** Settings of `createEventSchema`. */
export interface EventSchemaOptions<Policy extends UtmPolicy = UtmPolicy> {
  /** Which UTM fields an install must have. @default 'all' */
  readonly utmPolicy?: Policy | undefined;
  /** The clock that stamps events without a timestamp, in epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

// Looks Date.now up at each call, so that a clock which tests put in its place later counts.
const systemClock = () => Date.now();

const MAX_NAME_LENGTH = 512;

// The transforms below are declared with the type that a caller should pass, and take whatever comes all the same.

/** A text that must be there; `what` says what belongs there, `problemOf` what else is wrong with it. */
function required(what: string, problemOf?: (trimmed: string) => string | undefined) {
  return z.transform<string, string>((value: unknown, context) => {
    const trimmed = typeof value === 'string' ? trimSpaces(value) : '';
    const problem =
      trimmed === ''
        ? missingText(value, what)
        : (problemOf?.(trimmed) ?? (trimmed.isWellFormed() ? undefined : LONE_SURROGATE));
    if (problem !== undefined) context.issues.push({ code: 'custom', input: undefined, message: problem });
    return trimmed;
  });
}

function optional() {
  return z.transform<OptionalText, string | undefined>((value: unknown, context) => {
    if (value === undefined || value === null) return undefined;
    // Left out rather than sent empty: the document answers an empty mandatory parameter with 400.
    if (typeof value === 'string' && value.isWellFormed()) return trimSpaces(value) || undefined;
    const message = typeof value === 'string' ? LONE_SURROGATE : notText(value);
    context.issues.push({ code: 'custom', input: undefined, message });
    return undefined;
  });
}

const platform = z.transform<Platform, string>((value: unknown, context) => {
  const name = typeof value === 'string' ? trimSpaces(value) : '';
  const lower = name.toLowerCase();
  if (lower === 'android' || lower === 'ios') return lower;
  const problem = name === '' ? missingText(value, 'the platform of the app, such as android or ios') : LONE_SURROGATE;
  if (name === '' || !name.isWellFormed()) context.issues.push({ code: 'custom', input: undefined, message: problem });
  return name;
});

const name = required('the name of the event, such as Add_to_cart', (trimmed) => {
  const length = trimmed.length > MAX_NAME_LENGTH ? Array.from(trimmed).length : trimmed.length;
  if (length > MAX_NAME_LENGTH) return `has ${length} characters; shorten it to ${MAX_NAME_LENGTH} at most`;
  if (hasControlCharacter(trimmed)) return 'may hold no control characters';
  if (trimmed === 'organic_install' || trimmed === 'inorganic_install') {
    return `is that of an install; send it with type "${trimmed}"`;
  }
  return undefined;
});

function timestamp(now: () => number) {
  return z.transform<TimestampInput | null | undefined, number | null>((value: unknown, context) => {
    if (value === null) return null;
    const nowMs = now();
    if (value === undefined) return stampNow(nowMs);
    const parsed = parseTimestamp(value, nowMs);
    if ('seconds' in parsed) return parsed.seconds;
    context.issues.push({ code: 'custom', input: undefined, message: parsed.problem });
    return null;
  });
}

const optionalUtm = {
  utmSource: optional(),
  utmMedium: optional(),
  utmCampaign: optional(),
};

const requiredUtm = {
  utmSource: required('the campaign source, such as google (UTM policy "all")'),
  utmMedium: required('the campaign medium, such as cpc (UTM policy "all")'),
  utmCampaign: required('the campaign name, such as summer-sale (UTM policy "all")'),
};

const FIELDS = [
  'type',
  'name',
  'deviceIdentifier',
  'platform',
  'timestamp',
  'params',
  'utmSource',
  'utmMedium',
  'utmCampaign',
] as const satisfies readonly (keyof CustomEvent)[];

// An object with nothing but unknown keys is something else altogether; a message of its size helps nobody.
const UNKNOWN_KEYS_NAMED = 10;

function notObject(value: unknown): string {
  return `must be an object, but ${kindOf(value)} was given`;
}

/** A mistyped key must not vanish: it is an error that says where the value belongs. */
function describeObjectIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code !== 'unrecognized_keys') return notObject(issue.input);
  return describeUnknownKeys(issue.keys);
}

function describeUnknownKeys(keys: readonly string[]): string {
  const named = keys.slice(0, UNKNOWN_KEYS_NAMED).map(describeUnknownKey);
  const others = keys.length - named.length;
  return [...named, ...(others > 0 ? [`and ${others} more unknown keys`] : [])].join('; ');
}

function describeUnknownKey(key: string): string {
  if (key === 'name') return 'only custom events have a name';
  const unknown = `unknown key "${toSingleLine(key, 80)}"`;
  const meant = alikeKey(key, FIELDS);
  if (meant !== undefined) return `${unknown}; write "${meant}"`;
  if (isReservedParameter(key)) return `${unknown}; the client sets this parameter itself`;
  const near = nearKey(key, FIELDS);
  const guess = near === undefined ? '' : ` (did you mean "${near}"?)`;
  return `${unknown}${guess}; extra parameters belong in params`;
}

const objectOptions = { error: describeObjectIssue };

function commonFields(now: () => number) {
  return {
    deviceIdentifier: required("the CleverTap ID that the app's CleverTap SDK gave"),
    platform,
    timestamp: timestamp(now),
    params: paramsSchema,
  };
}

function typeSchema<Type extends EventType>(type: Type) {
  return z.literal(type, { error: `must be ${type}` });
}

function installFields<Type extends 'organic_install' | 'inorganic_install'>(type: Type, now: () => number) {
  return { type: typeSchema(type), ...commonFields(now) };
}

function strictInstallSchema<Type extends 'organic_install' | 'inorganic_install'>(type: Type, now: () => number) {
  return z.strictObject({ ...installFields(type, now), ...requiredUtm }, objectOptions);
}

function lenientInstallSchema<Type extends 'organic_install' | 'inorganic_install'>(type: Type, now: () => number) {
  return z
    .strictObject({ ...installFields(type, now), ...optionalUtm }, objectOptions)
    .refine(({ utmSource, utmMedium, utmCampaign }) => (utmSource ?? utmMedium ?? utmCampaign) !== undefined, {
      error: 'at least one of utmSource, utmMedium and utmCampaign is required',
      path: ['utmSource'],
      // Also when other fields are wrong, so that everything is said at once; not when a UTM field is the wrong one.
      when: ({ issues }) => !issues.some(({ path }) => String(path?.[0]) in optionalUtm),
    });
}

/** Schema of custom events; the same under both UTM policies. */
export const customEventSchema: z.ZodType<ParsedCustomEvent, CustomEvent> = customSchema(systemClock);

/** Schema of organic installs under the default UTM policy. */
export const organicInstallSchema: z.ZodType<ParsedOrganicInstall, OrganicInstall> = strictInstallSchema(
  'organic_install',
  systemClock,
);

/** Schema of inorganic installs under the default UTM policy. */
export const inorganicInstallSchema: z.ZodType<ParsedInorganicInstall, InorganicInstall> = strictInstallSchema(
  'inorganic_install',
  systemClock,
);

function customSchema(now: () => number) {
  return z.strictObject({ type: typeSchema('custom'), name, ...commonFields(now), ...optionalUtm }, objectOptions);
}

const TYPES = 'organic_install, inorganic_install or custom';

function describeUnionIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return notObject(issue.input);
  const input = issue.input as { readonly type?: unknown };
  const { type } = input;
  const problem =
    typeof type === 'string' && type !== ''
      ? `must be ${TYPES}, written so; an event of your own is custom, with its name under "name"`
      : missingText(type, TYPES);
  // Of which kind the event is nobody knows, but these keys no kind has; its type may stand under one of them.
  const unknown = Object.keys(input).filter((key) => !(FIELDS as readonly string[]).includes(key));
  return unknown.length === 0 ? problem : `${problem}; ${describeUnknownKeys(unknown)}`;
}

const unionOptions = { error: describeUnionIssue };

function strictEventSchema(now: () => number) {
  return z.discriminatedUnion(
    'type',
    [strictInstallSchema('organic_install', now), strictInstallSchema('inorganic_install', now), customSchema(now)],
    unionOptions,
  );
}

function lenientEventSchema(now: () => number) {
  return z.discriminatedUnion(
    'type',
    [lenientInstallSchema('organic_install', now), lenientInstallSchema('inorganic_install', now), customSchema(now)],
    unionOptions,
  );
}

/**
 * Schema of all three kinds of event under a UTM policy.
 *
 * Parsing trims, stamps events without a timestamp with `now()`, and reports unknown keys. Its output is valid input.
 */
export function createEventSchema<Policy extends UtmPolicy = 'all'>(
  options: EventSchemaOptions<Policy> = {},
): EventSchema<Policy> {
  const { utmPolicy = 'all', now = systemClock } = options;
  // A cast, as zod's types do not know that the refinement leaves one UTM field at least.
  return (utmPolicy === 'all' ? strictEventSchema(now) : lenientEventSchema(now)) as z.ZodType as EventSchema<Policy>;
}

/**
 * The same schema with a parser that is generated for the whole of it, which takes some milliseconds once. Where code may
 * not be generated, or the policy's schema does not allow it, zod's own parser does the work.
 */
export function compileEventSchema<Policy extends UtmPolicy>(options: EventSchemaOptions<Policy>): EventSchema<Policy> {
  return z.compile(createEventSchema(options));
}

/** Schema of all three kinds of event under the default UTM policy. */
export const eventSchema: EventSchema = createEventSchema();
