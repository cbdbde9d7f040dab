import { z } from 'zod';
import type {
  AttributionEvent,
  CustomEvent,
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
import { isReservedParameter } from './parameters.js';
import { paramsSchema } from './params.js';
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
const LONE_SURROGATE = 'holds a lone surrogate, which has no UTF-8 form';

// The transforms below are declared with the type that a caller should pass, and take whatever comes all the same.

function text(describe: (trimmed: string) => string | undefined) {
  return z.transform<string, string>((value: unknown, context) => {
    const trimmed = typeof value === 'string' ? trimSpaces(value) : '';
    const problem = describe(trimmed) ?? (trimmed.isWellFormed() ? undefined : LONE_SURROGATE);
    if (problem !== undefined) context.issues.push({ code: 'custom', input: undefined, message: problem });
    return trimmed;
  });
}

function required() {
  return text((trimmed) => (trimmed === '' ? 'is required, a text that is not empty' : undefined));
}

function optional() {
  return z.transform<OptionalText, string | undefined>((value: unknown, context) => {
    if (value === undefined || value === null) return undefined;
    // Left out rather than sent empty: the document answers an empty mandatory parameter with 400.
    if (typeof value === 'string' && value.isWellFormed()) return trimSpaces(value) || undefined;
    const message = typeof value === 'string' ? LONE_SURROGATE : 'must be a text';
    context.issues.push({ code: 'custom', input: undefined, message });
    return undefined;
  });
}

const platform = z.transform<Platform, string>((value: unknown, context) => {
  const name = typeof value === 'string' ? trimSpaces(value) : '';
  const lower = name.toLowerCase();
  if (lower === 'android' || lower === 'ios') return lower;
  const problem = name === '' ? 'is required, such as android or ios' : LONE_SURROGATE;
  if (name === '' || !name.isWellFormed()) context.issues.push({ code: 'custom', input: undefined, message: problem });
  return name;
});

const name = text((trimmed) => {
  if (trimmed === '') return 'is required, a text that is not empty';
  if (trimmed.length > MAX_NAME_LENGTH && Array.from(trimmed).length > MAX_NAME_LENGTH)
    return `may have ${MAX_NAME_LENGTH} characters at most`;
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
  utmSource: required(),
  utmMedium: required(),
  utmCampaign: required(),
};

const FIELDS = new Set([
  'type',
  'name',
  'deviceIdentifier',
  'platform',
  'timestamp',
  'params',
  'utmSource',
  'utmMedium',
  'utmCampaign',
]);

/** A mistyped key must not vanish: it is an error that says where the value belongs. */
function describeObjectIssue(issue: z.core.$ZodRawIssue): string {
  return issue.code === 'unrecognized_keys' ? issue.keys.map(describeUnknownKey).join('; ') : 'must be an object';
}

function describeUnknownKey(key: string): string {
  if (key === 'name') return 'only custom events have a name';
  const camelCase = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const unknown = `unknown key "${toSingleLine(key, 80)}"`;
  if (camelCase !== key && FIELDS.has(camelCase)) return `${unknown}; write "${camelCase}"`;
  return isReservedParameter(key)
    ? `${unknown}; the client sets this parameter itself`
    : `${unknown}; extra parameters belong in params`;
}

const objectOptions = { error: describeObjectIssue };

function commonFields(now: () => number) {
  return {
    deviceIdentifier: required(),
    platform,
    timestamp: timestamp(now),
    params: paramsSchema,
  };
}

function installFields<Type extends 'organic_install' | 'inorganic_install'>(type: Type, now: () => number) {
  return { type: z.literal(type), ...commonFields(now) };
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
  return z.strictObject({ type: z.literal('custom'), name, ...commonFields(now), ...optionalUtm }, objectOptions);
}

const unionOptions = {
  error: (issue: z.core.$ZodRawIssue) =>
    issue.code === 'invalid_type' ? 'must be an object' : 'must be organic_install, inorganic_install or custom',
};

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

/** Schema of all three kinds of event under the default UTM policy. */
export const eventSchema: EventSchema = createEventSchema();
