import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyResponse, SUCCESS_BODY, type ResponseVerdict } from '../../src/contract/response.js';

function body(fields: Record<string, unknown>): string {
  return JSON.stringify(fields);
}

describe('a 2xx whose body says success', () => {
  it('is what the emulator answers', () => {
    expect(JSON.parse(SUCCESS_BODY)).toEqual({ status: 'success' });
  });

  it.each([
    SUCCESS_BODY,
    '{"status":"success"}',
    '{ "status": "success" }',
    '\ufeff {"status":"success","code":200}\n',
    '{"code":200,"status":"success","error":null}',
  ])('is delivered and confirmed: %s', (text) => {
    for (const status of [200, 201, 202, 299]) {
      expect(classifyResponse(status, text)).toEqual({ kind: 'delivered', confirmed: true });
    }
  });
});

describe('a 2xx with any other body', () => {
  it.each([
    ['nothing', ''],
    ['spaces', ' \n'],
    ['text', 'OK'],
    ['HTML', '<html><body>fail</body></html>'],
    ['JSON without a status', '{}'],
    ['JSON with another status', '{"status":"ok"}'],
    ['JSON with a status that is no text', '{"status":{"status":"success"}}'],
    ['JSON with success in another letter case', '{"status":"SUCCESS"}'],
    ['JSON that breaks off', '{"status":"fail","code":40'],
    ['a JSON list', '[{"status":"fail"}]'],
    ['a JSON text', '"success"'],
    ['null', 'null'],
    ['JSON nested out of all proportion', '{"a":'.repeat(100_000)],
    ['an inherited status', '{"__proto__":{"status":"fail"}}'],
  ])('is delivered and not confirmed: %s', (_, text) => {
    for (const status of [200, 204, 299]) {
      expect(classifyResponse(status, text)).toEqual({ kind: 'delivered', confirmed: false });
    }
  });
});

describe('a 2xx whose body says fail or partial', () => {
  it.each(['fail', 'partial'])('goes by the code of the body: %s', (outcome) => {
    expect(classifyResponse(200, body({ status: outcome, error: 'Invalid Account Info', code: 401 }))).toEqual({
      kind: 'refused',
      code: 'authentication',
      status: 401,
      maybeRecorded: false,
      text: 'Invalid Account Info',
    });
    expect(classifyResponse(202, body({ status: outcome, error: 'utm_source is missing', code: 400 }))).toMatchObject({
      code: 'bad_request',
      status: 400,
      reason: 'missing_field',
      field: 'utm_source',
    });
    expect(classifyResponse(200, body({ status: outcome, code: 429 }))).toMatchObject({ code: 'rate_limited' });
    expect(classifyResponse(200, body({ status: outcome, code: 503 }))).toMatchObject({
      code: 'service_unavailable',
      status: 503,
    });
    expect(classifyResponse(200, body({ status: outcome, code: 302 }))).toMatchObject({ code: 'unexpected_response' });
    expect(classifyResponse(200, body({ status: outcome, code: '500' }))).toMatchObject({
      code: 'service_unavailable',
      status: 500,
    });
  });

  it.each([undefined, null, 200, 0, -1, 299, 600, 1e9, 400.5, '', 'x', true, [400], {}])(
    'is unexpected where the code of the body is %j',
    (code) => {
      for (const status of ['fail', 'partial']) {
        expect(classifyResponse(200, body({ status, code, error: 'no' }))).toEqual({
          kind: 'refused',
          code: 'unexpected_response',
          status: 200,
          maybeRecorded: false,
          text: 'no',
        });
      }
    },
  );

  it('goes by the codes at both ends of what can be a failure', () => {
    expect(classifyResponse(200, body({ status: 'fail', code: 300 }))).toMatchObject({ status: 300 });
    expect(classifyResponse(200, body({ status: 'fail', code: 599 }))).toMatchObject({
      code: 'service_unavailable',
      status: 599,
    });
  });
});

describe('400', () => {
  it("names the missing field of the document's sample", () => {
    const sample = '{\n    "status": "fail",\n    "error": "utm_source is missing",\n    "code": 400\n}';
    expect(classifyResponse(400, sample)).toEqual({
      kind: 'refused',
      code: 'bad_request',
      status: 400,
      maybeRecorded: false,
      text: 'utm_source is missing',
      reason: 'missing_field',
      field: 'utm_source',
    });
  });

  it.each([
    ['device_identifier is missing', 'device_identifier'],
    ['account_id is empty', 'account_id'],
    ['"utm_medium" is missing', 'utm_medium'],
    ['`platform` is missing.', 'platform'],
    ['{Mandatory Field} is missing', 'Mandatory Field'],
    ['Mandatory field utm_source is missing', 'utm_source'],
    ['event_type IS MISSING', 'event_type'],
  ])('reads the field out of %s', (error, field) => {
    expect(classifyResponse(400, body({ status: 'fail', error, code: 400 }))).toMatchObject({
      reason: 'missing_field',
      field,
    });
    expect(classifyResponse(400, error)).toMatchObject({ reason: 'missing_field', field, text: error });
  });

  it.each([
    'Partner name not whitelisted. Connect with the product team to get it whitelisted.',
    'partner is Not Whitelisted',
  ])('tells a partner who is not whitelisted: %s', (error) => {
    const verdict = classifyResponse(400, body({ status: 'fail', error, code: 400 }));
    expect(verdict).toMatchObject({ code: 'bad_request', reason: 'partner_not_whitelisted', text: error });
    expect(verdict).not.toHaveProperty('field');
  });

  it.each(['', 'Bad Request', 'missing', ' is missing', 'something is odd', 'is missingness', '<h1>400</h1>'])(
    'keeps the text of anything else: %j',
    (text) => {
      const verdict = classifyResponse(400, text);
      expect(verdict).toMatchObject({ code: 'bad_request', reason: 'other', text });
      expect(verdict).not.toHaveProperty('field');
    },
  );
});

describe('any other status', () => {
  it.each([
    [401, 'authentication', false],
    [403, 'authentication', false],
    [429, 'rate_limited', false],
    [408, 'service_unavailable', false],
    [425, 'service_unavailable', false],
    [500, 'service_unavailable', false],
    [501, 'service_unavailable', false],
    [502, 'service_unavailable', true],
    [503, 'service_unavailable', false],
    [504, 'service_unavailable', true],
    [599, 'service_unavailable', false],
    [300, 'unexpected_response', false],
    [301, 'unexpected_response', false],
    [302, 'unexpected_response', false],
    [304, 'unexpected_response', false],
    [307, 'unexpected_response', false],
    [402, 'unexpected_response', false],
    [404, 'unexpected_response', false],
    [405, 'unexpected_response', false],
    [409, 'unexpected_response', false],
    [413, 'unexpected_response', false],
    [414, 'unexpected_response', false],
    [418, 'unexpected_response', false],
    [499, 'unexpected_response', false],
    [101, 'unexpected_response', false],
    [199, 'unexpected_response', false],
    [600, 'unexpected_response', false],
    [0, 'unexpected_response', false],
  ])('decides over the body: %i is %s, maybe recorded: %s', (status, code, maybeRecorded) => {
    for (const text of ['', SUCCESS_BODY, body({ status: 'fail', code: 400, error: 'utm_source is missing' })]) {
      const verdict = classifyResponse(status, text);
      expect(verdict).toMatchObject({ kind: 'refused', code, status, maybeRecorded });
      expect(verdict).not.toHaveProperty('reason');
      expect(verdict).not.toHaveProperty('field');
    }
  });

  it("takes its text from the body's error, its message, or the body itself", () => {
    const textOf = (answer: string) => (classifyResponse(401, answer) as { text: string }).text;
    const sample = '{\n  "status": "fail", \n  "error": "Invalid Account Info", \n  "code": 401\n}';
    expect(textOf(sample)).toBe('Invalid Account Info');
    expect(textOf('{"message":"no such account"}')).toBe('no such account');
    expect(textOf('{"error":"first","message":"second"}')).toBe('first');
    expect(textOf('{"error":{"deep":1}}')).toBe('{"error":{"deep":1}}');
    expect(textOf('Forbidden')).toBe('Forbidden');
    expect(textOf('')).toBe('');
  });
});

describe('any answer', () => {
  const CODES = ['bad_request', 'authentication', 'unexpected_response', 'rate_limited', 'service_unavailable'];
  const REASONS = ['missing_field', 'partner_not_whitelisted', 'other'];

  const status = fc.oneof(fc.integer({ min: 100, max: 620 }), fc.integer(), fc.constantFrom(200, 400, 401, 503));
  const outcome = fc.oneof(fc.constantFrom('success', 'fail', 'partial'), fc.jsonValue());
  const json = fc
    .record({ status: outcome, code: fc.oneof(status, fc.jsonValue()), error: fc.jsonValue() }, { requiredKeys: [] })
    .map((value) => JSON.stringify(value));
  const text = fc.oneof(json, fc.json(), fc.string({ unit: 'binary' }), fc.string());

  function expectKnown(verdict: ResponseVerdict, answered: number): void {
    if (verdict.kind === 'delivered') {
      expect(answered >= 200 && answered <= 299).toBe(true);
      expect(verdict.confirmed).toBeTypeOf('boolean');
      return;
    }
    expect(CODES).toContain(verdict.code);
    expect(verdict.text).toBeTypeOf('string');
    expect(Number.isInteger(verdict.status)).toBe(true);
    expect(verdict.maybeRecorded).toBe(verdict.status === 502 || verdict.status === 504);
    if (verdict.code === 'bad_request') expect(REASONS).toContain(verdict.reason);
    else expect(verdict.reason).toBeUndefined();
    expect(verdict.field !== undefined).toBe(verdict.reason === 'missing_field');
  }

  it('gives a verdict of the closed set and never throws', () => {
    fc.assert(
      fc.property(status, text, (answered, answer) => {
        expectKnown(classifyResponse(answered, answer), answered);
      }),
      { numRuns: 1000 },
    );
  });

  it('is read however long a field name or an error text is', () => {
    const long = `${'a-b '.repeat(100_000)}is missing`;
    expect(classifyResponse(400, long)).toMatchObject({ reason: 'other' });
  });
});
