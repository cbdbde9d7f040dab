import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  credentialsSchema,
  parseCredentials,
  regionlessCredentialsSchema,
  type CredentialsInput,
} from '../../src/contract/credentials.js';
import { validate } from '../../src/contract/validate.js';
import { regions } from '../../src/contract/regions.js';
import { Secret } from '../../src/contract/secret.js';
import { ValidationError } from '../../src/errors.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { problemsOf } from './problems-of.js';

/** What somebody without types may pass. */
function parseAnything(input: unknown) {
  return parseCredentials(input as CredentialsInput);
}

function errorOf(input: unknown): ValidationError {
  try {
    parseAnything(input);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('expected the credentials to be refused');
}

const FIELDS = ['projectId', 'projectToken', 'projectPasscode'] as const;

describe('parseCredentials', () => {
  it('keeps the project id as text and wraps token and passcode', () => {
    const credentials = parseCredentials(canaryCredentials({ region: 'in' }));
    expect(credentials.projectId).toBe('TEST-111-222Z');
    expect(credentials.projectToken).toBeInstanceOf(Secret);
    expect(credentials.projectToken.reveal()).toBe(CANARY_TOKEN);
    expect(credentials.projectPasscode).toBeInstanceOf(Secret);
    expect(credentials.projectPasscode.reveal()).toBe(CANARY_PASSCODE);
    expect(credentials.region).toBe('in');
  });

  it.each([
    ['spaces', ' '],
    ['non-breaking spaces', '\u00a0'],
    ['zero-width spaces', '\u200b'],
    ['zero-width non-joiners', '\u200c'],
    ['zero-width joiners', '\u200d'],
    ['byte order marks', '\ufeff'],
    ['tabs', '\t'],
    ['line breaks', '\r\n'],
    ['a mixture', ' \u200b\u00a0\n\ufeff\t\u200d '],
  ])('takes %s off both ends of every field', (_, space) => {
    const around = (text: string) => `${space}${text}${space}`;
    const credentials = parseCredentials({
      projectId: around('A-1'),
      projectToken: around('b_2'),
      projectPasscode: around('c3'),
      region: around('us1'),
    });
    expect(credentials.projectId).toBe('A-1');
    expect(credentials.projectToken.reveal()).toBe('b_2');
    expect(credentials.projectPasscode.reveal()).toBe('c3');
    expect(credentials.region).toBe('us');
  });

  it('keeps the letter case of all three', () => {
    const credentials = parseCredentials({ projectId: 'aBc', projectToken: 'dEf', projectPasscode: 'gHi' });
    expect(credentials.projectId).toBe('aBc');
    expect(credentials.projectToken.reveal()).toBe('dEf');
    expect(credentials.projectPasscode.reveal()).toBe('gHi');
  });

  it('accepts the credentials of the document, hyphens included', () => {
    const credentials = parseCredentials({
      projectId: 'W6W-797-865Z',
      projectToken: 'aca-060',
      projectPasscode: '1f81b71b91d84885a898911ab8722f34',
    });
    expect(credentials.projectId).toBe('W6W-797-865Z');
  });

  it.each(['a b', 'a\u200bb', 'a\nb', 'a&b', 'a=b', 'a.b', 'a/b', 'ä', 'a%20', '"a"', '٣', 'a\u0000'])(
    'refuses %j in each field, since only letters, digits, "-" and "_" are allowed',
    (value) => {
      for (const field of FIELDS) {
        const problems = problemsOf(() => parseCredentials(canaryCredentials({ [field]: value })));
        expect(problems).toEqual([expect.stringMatching(new RegExp(`^${field}: .*letters, digits`))]);
      }
    },
  );

  it.each([
    ['missing', undefined, 'is required; '],
    ['null', null, 'is required; '],
    ['empty', '', 'is required; '],
    ['only spaces', ' \u00a0\u200b ', 'is required; '],
    ['a number', 12, 'must be a text, but a number was given; put it in quotes$'],
    ['an object', {}, 'must be a text, but an object was given$'],
  ])('requires each field, and does not take %s for it', (_, value, told) => {
    for (const field of FIELDS) {
      const problems = problemsOf(() => parseAnything({ ...canaryCredentials(), [field]: value }));
      expect(problems).toEqual([expect.stringMatching(new RegExp(`^${field}: Project \\w+ ${told}`))]);
    }
  });

  it('has one message for each field when all are wrong at once', () => {
    const error = errorOf({ projectId: '', projectToken: 'x y', projectPasscode: 7, region: 'atlantis' });
    expect(error.issues.map(({ path }) => path)).toEqual([
      ['projectId'],
      ['projectToken'],
      ['projectPasscode'],
      ['region'],
    ]);
    expect(error.message).toMatch(/^credentials: projectId: .*; projectToken: .*; projectPasscode: .*; region: /);
  });

  it('names the fields as the dashboard does', () => {
    expect(problemsOf(() => parseAnything({}))).toEqual([
      'projectId: Project ID is required; the CleverTap dashboard shows it under Settings > Project',
      'projectToken: Project Token is required; the CleverTap dashboard shows it under Settings > Project',
      'projectPasscode: Project Passcode is required; the CleverTap dashboard shows it under Settings > Project',
    ]);
  });

  it.each([undefined, null, ''])('takes the EU where the region is %j', (region) => {
    expect(parseAnything({ ...canaryCredentials(), region }).region).toBe('eu');
    expect(parseCredentials(canaryCredentials()).region).toBe('eu');
  });

  it.each(regions.flatMap(({ code, aliases }) => [code, ...aliases].map((name) => [name, code])))(
    'takes region "%s" for %s, in any letter case',
    (name, code) => {
      expect(parseCredentials(canaryCredentials({ region: name })).region).toBe(code);
      expect(parseCredentials(canaryCredentials({ region: name.toUpperCase() })).region).toBe(code);
    },
  );

  it.each(['atlantis', 'eu-west-1'])('refuses region %j in a line that a form has room for', (region) => {
    expect(problemsOf(() => parseAnything({ ...canaryCredentials(), region }))).toEqual([
      'region: Region is unknown; choose EU (Europe), US (U.S.A), IN (India), SG (Singapore), SK (South Korea), Indonesia or Middle East (UAE)',
    ]);
  });

  it.each(regions.map(({ label, code }) => [label, code]))(
    'takes "%s", as that line names it, for %s',
    (label, code) => {
      expect(parseCredentials(canaryCredentials({ region: label })).region).toBe(code);
    },
  );

  it.each([
    [7, 'a number was given; put it in quotes'],
    [{}, 'an object was given'],
    [['eu'], 'a list was given'],
  ])('refuses region %j, which is no text', (region, told) => {
    expect(problemsOf(() => parseAnything({ ...canaryCredentials(), region }))).toEqual([
      `region: Region must be a text, but ${told}`,
    ]);
  });

  it.each(['project_token', 'passcode', 'accountId', '__proto__'])('refuses the unknown key %s', (key) => {
    const input = Object.defineProperty({ ...canaryCredentials() }, key, { value: 'x', enumerable: true });
    expect(problemsOf(() => parseAnything(input))).toEqual([expect.stringContaining(key)]);
  });

  it.each([undefined, null, 'text', 3, []])('refuses %j in place of credentials', (input) => {
    expect(problemsOf(() => parseAnything(input))).toHaveLength(1);
  });

  it('parses what it has parsed to the same', () => {
    const once = parseCredentials(canaryCredentials({ region: 'Europe' }));
    const twice = parseCredentials(once);
    expect(twice.projectId).toBe(once.projectId);
    expect(twice.projectToken.reveal()).toBe(once.projectToken.reveal());
    expect(twice.projectPasscode.reveal()).toBe(once.projectPasscode.reveal());
    expect(twice.region).toBe('eu');
  });

  it('looks into a Secret that it is given', () => {
    const input = canaryCredentials({
      projectToken: new Secret(` ${CANARY_TOKEN}\n`),
      projectPasscode: new Secret('a b'),
    });
    expect(problemsOf(() => parseCredentials(input))).toEqual([expect.stringMatching(/^projectPasscode: /)]);
    const credentials = parseCredentials({ ...input, projectPasscode: 'c' });
    expect(credentials.projectToken.reveal()).toBe(CANARY_TOKEN);
  });
});

describe('credentialsSchema', () => {
  it('serves a form: a result instead of an exception, with the path of each field', () => {
    const result = credentialsSchema.safeParse({ projectId: 'A', projectToken: '', projectPasscode: 'ü' });
    expect(result.success).toBe(false);
    expect(result.error?.issues.map(({ path }) => path)).toEqual([['projectToken'], ['projectPasscode']]);
  });

  it('calls every problem of a field a custom one, for whoever tells them apart', () => {
    const wrong = { projectId: '', projectToken: 'x y', projectPasscode: 7, region: 'atlantis' };
    for (const schema of [credentialsSchema, regionlessCredentialsSchema]) {
      const issues = schema.safeParse(wrong).error?.issues;
      expect(issues?.map(({ code }) => code)).toEqual(['custom', 'custom', 'custom', 'custom']);
    }
  });

  it('holds no value in its own error either', () => {
    const result = credentialsSchema.safeParse(canaryCredentials({ region: `${CANARY_TOKEN}!` }));
    expect(canariesIn(everythingShownOf(result.error))).toEqual([]);
  });
});

describe('regionlessCredentialsSchema', () => {
  function parse(input: unknown) {
    return validate(regionlessCredentialsSchema, input, 'credentials');
  }

  it.each([undefined, null, ''])('takes credentials whose region is %j', (region) => {
    const credentials = parse({ ...canaryCredentials(), region });
    expect(credentials.projectToken.reveal()).toBe(CANARY_TOKEN);
    expect(credentials.region).toBe('eu');
    expect(parse(canaryCredentials()).projectId).toBe('TEST-111-222Z');
  });

  it.each(['eu', 'in', 'atlantis', 7])(
    'refuses region %j, and names both of the two that exclude each other',
    (region) => {
      expect(problemsOf(() => parse({ ...canaryCredentials(), region }))).toEqual([
        expect.stringMatching(/^region: region and a single baseUrl exclude each other/),
      ]);
    },
  );

  it('holds the other fields to the same rules', () => {
    expect(problemsOf(() => parse({ projectId: '', projectToken: 'a b', region: 'eu', passcode: 'x' }))).toEqual([
      expect.stringMatching(/^projectId: /),
      expect.stringMatching(/^projectToken: /),
      expect.stringMatching(/^projectPasscode: /),
      expect.stringMatching(/^region: /),
      expect.stringContaining('passcode'),
    ]);
  });
});

describe('secrecy of credentials', () => {
  it('shows no secret in inspect at any depth, in JSON or in a template string', () => {
    const credentials = parseCredentials(canaryCredentials());
    const nested = { a: [{ b: { c: { credentials } } }], map: new Map([['credentials', credentials]]) };
    expect(canariesIn(everythingShownOf(credentials))).toEqual([]);
    expect(canariesIn(everythingShownOf(nested))).toEqual([]);
    expect(canariesIn(inspect(nested, { depth: Infinity, showHidden: true, customInspect: false }))).toEqual([]);
    expect(`${String(credentials.projectToken)} ${String(credentials.projectPasscode)}`).toBe('[redacted] [redacted]');
    expect(JSON.parse(JSON.stringify(credentials))).toEqual({
      projectId: 'TEST-111-222Z',
      projectToken: '[redacted]',
      projectPasscode: '[redacted]',
      region: 'eu',
    });
  });

  it.each([
    ['a wrong character in the token', canaryCredentials({ projectToken: `${CANARY_TOKEN} x` })],
    ['a wrong character in the passcode', canaryCredentials({ projectPasscode: `${CANARY_PASSCODE}%` })],
    ['the token in the place of the project id', canaryCredentials({ projectId: `${CANARY_TOKEN}.` })],
    ['the passcode in the place of the region', canaryCredentials({ region: CANARY_PASSCODE })],
    ['secrets in wrong types', { ...canaryCredentials(), projectToken: [CANARY_TOKEN], region: { CANARY_PASSCODE } }],
    ['secrets under an unknown key', { ...canaryCredentials(), passcode: CANARY_PASSCODE }],
    ['a Secret with a wrong character', canaryCredentials({ projectToken: new Secret(`${CANARY_TOKEN}&`) })],
    ['a text in place of the object', `${CANARY_TOKEN}:${CANARY_PASSCODE}`],
    ['a list in place of the object', [CANARY_TOKEN, CANARY_PASSCODE]],
  ])('shows no secret in the error about %s', (_, input) => {
    const error = errorOf(input);
    expect(error.issues).not.toEqual([]);
    expect(canariesIn(everythingShownOf(error))).toEqual([]);
  });
});

describe('a region that nobody named', () => {
  const unnamed = canaryCredentials();

  it('is the default, and yet excludes no single base URL', () => {
    const parsed = parseCredentials(unnamed);
    expect(parsed.region).toBe('eu');
    expect(regionlessCredentialsSchema.safeParse(parsed).success).toBe(true);
    expect(regionlessCredentialsSchema.safeParse(parseCredentials(parsed)).success).toBe(true);
  });

  it('is told from one that was named', () => {
    const parsed = parseCredentials({ ...unnamed, region: 'eu' });
    expect(regionlessCredentialsSchema.safeParse(parsed).error?.issues[0]?.message).toContain('baseUrl');
    expect(regionlessCredentialsSchema.safeParse(parseCredentials(parsed)).success).toBe(false);
  });
});
