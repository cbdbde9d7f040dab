import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { check, validate } from '../../src/contract/validate.js';
import { ValidationError } from '../../src/errors.js';
import { CANARY_TOKEN, canariesIn, everythingShownOf } from '../support/canary.js';

const schema = z.strictObject({ city: z.string(), zip: z.array(z.number()) });

function errorOf(input: unknown): ValidationError {
  try {
    validate(schema, input, 'address');
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error('expected the input to be refused');
}

describe('validate', () => {
  it('gives the parsed value', () => {
    expect(validate(schema, { city: 'Mumbai', zip: [1] }, 'address')).toEqual({ city: 'Mumbai', zip: [1] });
    expect(validate(z.string().transform(Number), '7', 'number')).toBe(7);
  });

  it('gives one error with everything that is wrong, and names the subject', () => {
    const error = errorOf({ city: 1, zip: [1, 'x'] });
    expect(error.issues.map(({ path }) => path)).toEqual([['city'], ['zip', 1]]);
    expect(error.message).toMatch(/^address: city: .+; zip\.1: .+$/);
  });

  it('keeps neither the input nor the error of the schema', () => {
    const error = errorOf({ city: { CANARY_TOKEN }, zip: CANARY_TOKEN });
    expect(error.cause).toBeUndefined();
    expect(canariesIn(everythingShownOf(error))).toEqual([]);
  });

  it('puts the details that it is given on the error', () => {
    expect(() => validate(schema, {}, 'address', { projectId: 'TEST-111-222Z' })).toThrow(
      expect.objectContaining({ code: 'validation', projectId: 'TEST-111-222Z', attempts: 0 }) as Error,
    );
  });

  it('freezes the paths', () => {
    expect(errorOf({}).issues.every(({ path }) => Object.isFrozen(path))).toBe(true);
  });

  it('turns symbols in paths to text', () => {
    const symbolic = z.unknown().check((context) => {
      context.issues.push({ code: 'custom', input: undefined, path: [Symbol('odd')], message: 'is odd' });
    });
    expect(check(symbolic, {})).toEqual({ issues: [{ path: ['Symbol(odd)'], message: 'is odd' }] });
    expect(() => validate(symbolic, {}, 'thing')).toThrow('thing: Symbol(odd): is odd');
  });

  it.each([
    [
      'a getter',
      {
        get city(): string {
          throw new Error(CANARY_TOKEN);
        },
        zip: [],
      },
    ],
    [
      'a proxy',
      new Proxy(
        {},
        {
          get() {
            throw new TypeError(CANARY_TOKEN);
          },
          ownKeys() {
            throw new TypeError(CANARY_TOKEN);
          },
        },
      ),
    ],
  ])('refuses input of which %s throws, and repeats nothing of what it threw', (_, input) => {
    const error = errorOf(input);
    expect(error.issues).toEqual([{ path: [], message: expect.stringContaining('could not be read') as string }]);
    expect(canariesIn(everythingShownOf(error))).toEqual([]);
  });
});

describe('check', () => {
  it('gives the parsed value', () => {
    expect(check(z.string().transform(Number), '7')).toEqual({ value: 7 });
    expect(check(z.undefined(), undefined)).toEqual({ value: undefined });
  });

  it('gives the issues instead of throwing', () => {
    expect(check(z.strictObject({ city: z.string('must be a text') }), { city: 7 })).toEqual({
      issues: [{ path: ['city'], message: 'must be a text' }],
    });
  });

  it('tells of unknown keys, each on one line, and of what is no object in our words', () => {
    const place = z.strictObject({ city: z.string() });
    expect(check(place, { city: 'Pune', zip: 1, [`a\n${'x'.repeat(100)}`]: 2 })).toEqual({
      issues: [{ path: [], message: `unknown "zip", "a ${'x'.repeat(78)}…"` }],
    });
    for (const input of ['Pune', 7, null, ['Pune']]) {
      expect(check(place, input)).toEqual({ issues: [{ path: [], message: 'must be an object' }] });
    }
  });

  it('leaves what a schema says of that itself', () => {
    const own = z.strictObject({ city: z.string() }, 'is no place');
    expect(check(own, { city: 'Pune', zip: 1 })).toEqual({ issues: [{ path: [], message: 'is no place' }] });
    expect(check(own, 7)).toEqual({ issues: [{ path: [], message: 'is no place' }] });
    const list = z.string().refine(() => false, 'Unrecognized key in a list of keys');
    expect(check(list, 'a,b')).toEqual({ issues: [{ path: [], message: 'Unrecognized key in a list of keys' }] });
  });

  it('gives an issue also where reading the input throws', () => {
    const input = {
      get city(): string {
        throw new Error('not for you');
      },
    };
    expect(check(schema, input)).toEqual({
      issues: [{ path: [], message: 'could not be read: a property of it throws' }],
    });
  });
});
