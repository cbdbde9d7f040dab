import { inspect } from 'node:util';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import type * as errors from '../src/errors.js';
import {
  AbortedError,
  AttributionError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  describeIssues,
  isAttributionError,
  isRetryable,
  NetworkError,
  OverflowError,
  RateLimitError,
  ServiceUnavailableError,
  StorageError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
  type AnyAttributionError,
  type BadRequestReason,
  type ErrorCode,
  type ErrorDetails,
  type ValidationIssue,
} from '../src/errors.js';

type Module = typeof errors;

/** The classes that are made of a message and details. */
const PLAIN = [
  ['BadRequestError', 'bad_request', false],
  ['AuthenticationError', 'authentication', false],
  ['UnexpectedResponseError', 'unexpected_response', false],
  ['RateLimitError', 'rate_limited', true],
  ['ServiceUnavailableError', 'service_unavailable', true],
  ['NetworkError', 'network', true],
  ['TimeoutError', 'timeout', true],
  ['UnconfirmedError', 'unconfirmed', false],
  ['AbortedError', 'aborted', false],
  ['ClosedError', 'closed', false],
  ['OverflowError', 'overflow', true],
  ['StorageError', 'storage', true],
] as const satisfies [keyof Module, ErrorCode, boolean][];

const NAMES = ['ValidationError', ...PLAIN.map(([name]) => name)] as const;

const original: Module = {
  AbortedError,
  AttributionError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  describeIssues,
  isAttributionError,
  isRetryable,
  NetworkError,
  OverflowError,
  RateLimitError,
  ServiceUnavailableError,
  StorageError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
};

function create(name: (typeof NAMES)[number], module = original, details?: ErrorDetails): AnyAttributionError {
  return name === 'ValidationError'
    ? new module.ValidationError('event', [{ path: ['platform'], message: 'is required' }], details)
    : new module[name]('it failed', details);
}

/** A second copy of the module, as the CJS build beside the ESM build is one. */
async function secondCopy(): Promise<Module> {
  vi.resetModules();
  const copy = await import('../src/errors.js');
  expect(copy.AttributionError).not.toBe(AttributionError);
  return copy;
}

afterEach(() => {
  vi.resetModules();
});

describe.each(PLAIN)('%s', (name, code, retryable) => {
  it('has its name, its code and its message', () => {
    const error = create(name);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(error.message).toBe('it failed');
    expect(String(error)).toBe(`${name}: it failed`);
    expect(error.stack).toContain(`${name}: it failed`);
    expect(error.stack).toContain('errors.test.ts');
  });

  it(`is ${retryable ? '' : 'not '}worth sending again`, () => {
    expect(create(name).retryable).toBe(retryable);
  });

  it('is an Error, an AttributionError and no other class of ours', () => {
    const error = create(name);
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(AttributionError);
    for (const other of NAMES) expect(error instanceof original[other]).toBe(other === name);
  });
});

describe('ValidationError', () => {
  const issues: ValidationIssue[] = [
    { path: ['params', 'price'], message: 'must be a finite number' },
    { path: ['zip', 0], message: 'is odd' },
    { path: [], message: 'unknown key "city"' },
  ];

  it('has its name and code, and is not worth sending again', () => {
    const error = create('ValidationError');
    expect([error.name, error.code, error.retryable]).toEqual(['ValidationError', 'validation', false]);
  });

  it('says in its message how many it leaves out, where there are very many', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => ({ path: ['params', `p${index}`], message: 'is odd' }));
    const error = new ValidationError('event', many);
    expect(error.message).toMatch(/^event: params\.p0: is odd; .*params\.p19: is odd; and 4980 more mistakes$/);
    expect(error.issues).toHaveLength(5_000);
    const long = new ValidationError('event', [{ path: ['params', 'x'.repeat(10_000)], message: 'is odd' }]);
    expect(long.message).toMatch(/^event: params\.x{100}…: is odd$/);
  });

  it('says everything in its message, under the subject', () => {
    expect(new ValidationError('event', issues).message).toBe(
      'event: params.price: must be a finite number; zip.0: is odd; unknown key "city"',
    );
  });

  it('has the issues for machines', () => {
    expect(new ValidationError('event', issues).issues).toEqual(issues);
  });

  it('is an AttributionError and no other class of ours', () => {
    const error = create('ValidationError');
    expect(error).toBeInstanceOf(AttributionError);
    for (const other of NAMES) expect(error instanceof original[other]).toBe(other === 'ValidationError');
  });
});

describe('BadRequestError', () => {
  it('has a reason and a field', () => {
    const error = new BadRequestError('utm_source is missing', { reason: 'missing_field', field: 'utm_source' });
    expect([error.reason, error.field]).toEqual(['missing_field', 'utm_source']);
  });

  it('has no field where there is none, and reason "other" where none is known', () => {
    const error = new BadRequestError('no', { field: undefined });
    expect(error.reason).toBe('other');
    expect('field' in error).toBe(false);
  });
});

describe('the details of every error', () => {
  const details = {
    attempts: 3,
    status: 503,
    maybeRecorded: true,
    retryAfterMs: 1000,
    host: 'in1.api.clevertap.com',
    projectId: 'TEST-111-222Z',
  };

  it.each(NAMES)('are on %s as they were given', (name) => {
    expect(create(name, original, details)).toMatchObject(details);
  });

  it.each(NAMES)('have defaults on %s, and are not there where they are unknown', (name) => {
    for (const error of [create(name), create(name, original, { status: undefined, host: undefined })]) {
      expect([error.attempts, error.maybeRecorded]).toEqual([0, false]);
      for (const key of ['status', 'retryAfterMs', 'host', 'projectId', 'cause']) expect(key in error).toBe(false);
    }
  });

  it('keep zero and false, which are values', () => {
    const error = new RateLimitError('slow down', { attempts: 0, retryAfterMs: 0, maybeRecorded: false, status: 0 });
    expect(error).toMatchObject({ attempts: 0, retryAfterMs: 0, maybeRecorded: false, status: 0 });
  });

  it('keep the cause where inspect shows it', () => {
    const cause = new Error('ECONNRESET');
    const error = new NetworkError('the connection broke', { cause });
    expect(error.cause).toBe(cause);
    expect(inspect(error)).toContain('ECONNRESET');
  });
});

describe('JSON of an error', () => {
  it.each(PLAIN)('of class %s has name, code, message and details', (name, code, retryable) => {
    const details = { attempts: 2, status: 500, host: 'api.clevertap.com', projectId: 'A', retryAfterMs: 5 };
    const reason = name === 'BadRequestError' ? { reason: 'other' } : {};
    const plain = { name, code, message: 'it failed', retryable };
    expect(JSON.parse(JSON.stringify(create(name)))).toEqual({
      ...plain,
      ...reason,
      attempts: 0,
      maybeRecorded: false,
    });
    expect(create(name, original, details).toJSON()).toEqual({ ...plain, ...reason, ...details, maybeRecorded: false });
  });

  it('has the issues of a ValidationError', () => {
    expect(JSON.parse(JSON.stringify(create('ValidationError')))).toEqual({
      name: 'ValidationError',
      code: 'validation',
      message: 'event: platform: is required',
      issues: [{ path: ['platform'], message: 'is required' }],
      retryable: false,
      attempts: 0,
      maybeRecorded: false,
    });
  });

  it('has neither stack nor cause', () => {
    const json = new NetworkError('broke', { cause: new Error('ECONNRESET') }).toJSON();
    expect(Object.keys(json).sort()).toEqual(['attempts', 'code', 'maybeRecorded', 'message', 'name', 'retryable']);
  });
});

describe('a second copy of the module', () => {
  it.each(NAMES)('makes a %s that is one for the first copy as well, and no other class', async (name) => {
    const copy = await secondCopy();
    const foreign: unknown = create(name, copy);
    expect(Object.getPrototypeOf(foreign)).not.toBe(original[name].prototype);
    expect(foreign instanceof original[name]).toBe(true);
    expect(foreign instanceof AttributionError).toBe(true);
    for (const other of NAMES) expect(foreign instanceof original[other]).toBe(other === name);
    expect(create(name) instanceof copy[name]).toBe(true);
    expect(create(name) instanceof copy.AttributionError).toBe(true);
    expect(isAttributionError(foreign)).toBe(true);
    expect(copy.isAttributionError(create(name))).toBe(true);
  });
});

describe('a class that a user derives', () => {
  class PickyError extends ValidationError {}
  class OtherError extends ValidationError {}
  class OwnError extends AttributionError {
    override readonly code = 'network';
    constructor() {
      super('network', 'of my own');
    }
  }

  it('keeps the ordinary meaning of instanceof', () => {
    const picky: unknown = new PickyError('event', []);
    expect(picky instanceof PickyError).toBe(true);
    expect(picky instanceof OtherError).toBe(false);
    expect(create('ValidationError') instanceof PickyError).toBe(false);
  });

  it('is still an error of ours', () => {
    const picky: unknown = new PickyError('event', []);
    expect(picky instanceof ValidationError).toBe(true);
    expect(picky instanceof AttributionError).toBe(true);
    expect(isAttributionError(picky)).toBe(true);
    expect(picky).toMatchObject({ name: 'ValidationError', code: 'validation' });
  });

  it('may derive from the base', () => {
    const own: unknown = new OwnError();
    expect(own instanceof OwnError).toBe(true);
    expect(own instanceof AttributionError).toBe(true);
    expect(own instanceof NetworkError).toBe(true);
    expect(create('NetworkError') instanceof OwnError).toBe(false);
    expect(own).toMatchObject({ name: 'AttributionError', retryable: true });
  });
});

describe('isAttributionError', () => {
  it.each(NAMES)('knows a %s', (name) => {
    expect(isAttributionError(create(name))).toBe(true);
  });

  it.each([
    undefined,
    null,
    0,
    'validation',
    {},
    { code: 'validation', name: 'ValidationError' },
    new Error('no'),
    new TypeError('no'),
    () => undefined,
  ])('does not take %s for one', (value) => {
    expect(isAttributionError(value)).toBe(false);
    expect(value instanceof AttributionError).toBe(false);
    expect((value as unknown) instanceof ValidationError).toBe(false);
  });
});

describe('the brand', () => {
  it('does not show, and is not copied with the properties', () => {
    const error = create('TimeoutError');
    // Other versions look for this name.
    expect(Symbol.for('clevertap-attribution.error') in error).toBe(true);
    expect(inspect(error)).not.toContain('clevertap-attribution.error');
    expect(isAttributionError(Object.assign({}, error))).toBe(false);
  });
});

describe('types of errors', () => {
  it('narrow by code', () => {
    const tell = (error: AnyAttributionError): string => {
      switch (error.code) {
        case 'validation':
          expectTypeOf(error).toEqualTypeOf<ValidationError>();
          return error.issues.map(({ message }) => message).join();
        case 'bad_request':
          expectTypeOf(error).toEqualTypeOf<BadRequestError>();
          expectTypeOf(error.reason).toEqualTypeOf<BadRequestReason>();
          expectTypeOf(error.field).toEqualTypeOf<string | undefined>();
          return error.field ?? error.reason;
        case 'rate_limited':
          expectTypeOf(error).toEqualTypeOf<RateLimitError>();
          return String(error.retryAfterMs);
        default:
          expectTypeOf(error.status).toEqualTypeOf<number | undefined>();
          // @ts-expect-error only a ValidationError has issues
          return String(error.issues);
      }
    };
    expect(tell(create('ValidationError'))).toBe('is required');
    expect(tell(create('BadRequestError'))).toBe('other');
    expect(tell(create('RateLimitError', original, { retryAfterMs: 7 }))).toBe('7');
    expect(tell(create('ClosedError'))).toBe('undefined');
  });

  it('have every code, and no other', () => {
    expectTypeOf<AnyAttributionError['code']>().toEqualTypeOf<ErrorCode>();
    expectTypeOf<AnyAttributionError>().toExtend<AttributionError>();
    const caught: unknown = create('TimeoutError');
    if (isAttributionError(caught)) expectTypeOf(caught).toEqualTypeOf<AnyAttributionError>();
    expect(new Set(NAMES.map((name) => create(name).code)).size).toBe(13);
  });
});

it('shows keys of foreign input so that none forges a line of a log', () => {
  const forged = 'x\nERROR all is lost\u2028\u202e';
  const error = new ValidationError('event', [{ path: ['params', forged], message: 'must be a finite number' }]);
  expect(error.message).toBe('event: params."x\\nERROR all is lost\\u2028\\u202e": must be a finite number');
  expect(error.issues[0]?.path).toEqual(['params', forged]);
});
