import { z } from 'zod';
import { DEFAULT_REGION, findRegion, regions, type RegionCode } from './regions.js';
import { Secret } from './secret.js';
import { notText } from './text-problem.js';
import { trimSpaces } from './text.js';
import { validate } from './validate.js';

/** Credentials of one CleverTap project, as a customer enters them (Settings > Project on the CleverTap dashboard). */
export interface CredentialsInput {
  /** Project ID. */
  readonly projectId: string;
  /** Project Token. */
  readonly projectToken: string | Secret;
  /** Project Passcode. */
  readonly projectPasscode: string | Secret;
  /** Region code, label or alias, letter case ignored. @default 'eu' */
  readonly region?: RegionCode | (string & {}) | undefined;
}

/** Checked credentials. Token and passcode do not show when this is printed, logged or serialised. */
export interface Credentials {
  /** Project ID. */
  readonly projectId: string;
  /** Project Token; `projectToken.reveal()` gives the text, to store it. */
  readonly projectToken: Secret;
  /** Project Passcode; `projectPasscode.reveal()` gives the text, to store it. */
  readonly projectPasscode: Secret;
  /** Canonical region code. */
  readonly region: RegionCode;
}

// "Alphanumeric" in the document, yet each of its samples has hyphens.
const CREDENTIAL = /^[A-Za-z0-9_-]+$/;

function checkCredential(label: string, value: unknown, context: z.core.ParsePayload): string {
  const text = typeof value === 'string' ? trimSpaces(value) : '';
  const problem = credentialProblem(value, text);
  // `input` stays out of the issue, so that no secret gets into an error.
  if (problem !== undefined) context.issues.push({ code: 'custom', input: undefined, message: `${label} ${problem}` });
  return text;
}

function credentialProblem(value: unknown, text: string): string | undefined {
  if (text !== '') return credentialTextProblem(text);
  return value === undefined || value === null || typeof value === 'string'
    ? 'is required; the CleverTap dashboard shows it under Settings > Project'
    : notText(value);
}

/** What is wrong with the text of a project ID, token or passcode, trimmed and not empty; undefined if nothing is. */
export function credentialTextProblem(text: string): string | undefined {
  return CREDENTIAL.test(text) ? undefined : 'may hold letters, digits, "-" and "_" only';
}

function credential(label: string) {
  return z.transform<string, string>((value: unknown, context) => checkCredential(label, value, context));
}

function secret(label: string) {
  return z.transform<string | Secret, Secret>((value: unknown, context) => {
    const given = value instanceof Secret ? value.reveal() : value;
    return new Secret(checkCredential(label, given, context));
  });
}

// As the dashboard names them, in one line of a form; whatever stands here is taken as well.
const REGION_LABELS = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(regions.map(({ label }) => label));

const regionSchema = z.transform<string | undefined, RegionCode>((value: unknown, context) => {
  if (value === undefined || value === null || value === '') return DEFAULT_REGION;
  const found = typeof value === 'string' ? findRegion(trimSpaces(value)) : undefined;
  if (found !== undefined) return found.code;
  const problem = typeof value === 'string' ? `is unknown; choose ${REGION_LABELS}` : notText(value);
  context.issues.push({ code: 'custom', input: undefined, message: `Region ${problem}` });
  return z.NEVER;
});

const fields = {
  projectId: credential('Project ID'),
  projectToken: secret('Project Token'),
  projectPasscode: secret('Project Passcode'),
};

const excludedRegion = z.transform<undefined, RegionCode>((value: unknown, context) => {
  if (value !== undefined && value !== null && value !== '') {
    const message = 'region and a single baseUrl exclude each other: leave out one, or give baseUrl as a map by region';
    context.issues.push({ code: 'custom', input: undefined, message });
  }
  return DEFAULT_REGION;
});

/**
 * Schema of a project's credentials, for a partner dashboard's settings form: one message per field.
 *
 * Trims all fields, non-breaking and zero-width spaces included; letters, digits, `-` and `_` are allowed; the region
 * may be a code, a label or an alias and defaults to `eu`. Token and passcode come out wrapped as `Secret`.
 */
export const credentialsSchema: z.ZodType<Credentials, CredentialsInput> = z.strictObject({
  ...fields,
  region: regionSchema,
});

// Parsed credentials whose region nobody named: the default stands in them, but it excludes nothing.
const regionImplied = new WeakSet<object>();

function withoutImpliedRegion(input: unknown): unknown {
  // Of what is no object, the set says that it is not in it.
  return regionImplied.has(input as object) ? { ...(input as object), region: undefined } : input;
}

/** The same where a single `baseUrl` says where requests go: naming a region as well is an error. */
export const regionlessCredentialsSchema: z.ZodType<Credentials, CredentialsInput> = z.preprocess<
  unknown,
  z.ZodType<Credentials, CredentialsInput>,
  CredentialsInput
>(withoutImpliedRegion, z.strictObject({ ...fields, region: excludedRegion }));

/**
 * Checks credentials as a customer entered them.
 *
 * @throws {ValidationError} with one issue per field that is wrong; no issue repeats a value.
 */
export function parseCredentials(input: CredentialsInput): Credentials {
  const credentials = validate(credentialsSchema, input, 'credentials');
  const { region } = withoutImpliedRegion(input) as CredentialsInput;
  if ((region ?? '') === '') regionImplied.add(credentials);
  return credentials;
}
