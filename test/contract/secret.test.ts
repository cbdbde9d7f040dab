import { format, inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { redact, Secret } from '../../src/contract/secret.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, everythingShownOf } from '../support/canary.js';

describe('Secret', () => {
  const secret = new Secret(CANARY_TOKEN);

  it('reveals its value', () => {
    expect(secret.reveal()).toBe(CANARY_TOKEN);
  });

  it('shows [redacted] instead of its value', () => {
    expect(inspect(secret)).toBe('[redacted]');
    expect(inspect({ deep: [{ secret }] }, { depth: Infinity, showHidden: true })).toContain('secret: [redacted]');
    expect(format('%s %o %j', secret, secret, secret)).not.toContain(CANARY_TOKEN);
    expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
    expect(String(secret)).toBe('[redacted]');
    const untyped: { toString(): string } = secret;
    expect(untyped.toString()).toBe('[redacted]');
    expect(`it is ${untyped as string}`).toBe('it is [redacted]');
    expect('it is ' + (untyped as string)).toBe('it is [redacted]');
  });

  it('cannot be read by reflection, by copying or without its own inspect', () => {
    expect(canariesIn(everythingShownOf(secret))).toEqual([]);
    expect(inspect(secret, { customInspect: false, showHidden: true, depth: Infinity })).not.toContain(CANARY_TOKEN);
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect(canariesIn(everythingShownOf(Reflect.getPrototypeOf(secret)))).toEqual([]);
    expect(canariesIn(everythingShownOf(Object.assign({}, secret)))).toEqual([]);
    expect(canariesIn(everythingShownOf(structuredClone(secret)))).toEqual([]);
  });

  it('knows secrets of a second copy of the module, and nothing else', async () => {
    vi.resetModules();
    const copy = await import('../../src/contract/secret.js');
    const foreign: unknown = new copy.Secret(CANARY_TOKEN);
    expect(copy.Secret).not.toBe(Secret);
    // Other versions look for this name.
    expect(Symbol.for('clevertap-attribution.secret') in secret).toBe(true);
    expect(foreign instanceof Secret).toBe(true);
    expect(secret instanceof copy.Secret).toBe(true);
    expect((foreign as Secret).reveal()).toBe(secret.reveal());
    expect(redact(`got ${CANARY_TOKEN}`, [foreign as Secret])).toBe('got [redacted]');
    for (const other of [undefined, null, CANARY_TOKEN, {}, { reveal: () => CANARY_TOKEN }, new String('x')]) {
      expect((other as unknown) instanceof Secret).toBe(false);
    }
  });
});

describe('redact', () => {
  const secrets = [new Secret(CANARY_TOKEN), new Secret(CANARY_PASSCODE)];

  it('takes every occurrence of every secret out and leaves the rest', () => {
    const text = `${CANARY_TOKEN} wrong, ${CANARY_PASSCODE} wrong, really: ${CANARY_TOKEN}`;
    expect(redact(text, secrets)).toBe('[redacted] wrong, [redacted] wrong, really: [redacted]');
  });

  it('takes out the whole query of a request to the endpoint', () => {
    expect(redact('GET https://api.clevertap.com/attribution?account_id=A&account_token=old-1 failed', [])).toBe(
      'GET https://api.clevertap.com/attribution?[redacted] failed',
    );
    expect(redact('/attribution?a=1 then /attribution?b=2', [])).toBe(
      '/attribution?[redacted] then /attribution?[redacted]',
    );
    expect(redact('<a href="/proxy/attribution?device_identifier=x">see /attribution?</a>', [])).toBe(
      '<a href="/proxy/attribution?[redacted]">see /attribution?</a>',
    );
  });

  it('takes out the credentials of any query, even if they are not the known ones', () => {
    expect(redact('account_id=A&account_token=old-1&account_passcode=old-2&platform=ios', [])).toBe(
      'account_id=A&account_token=[redacted]&account_passcode=[redacted]&platform=ios',
    );
    expect(redact("<a href='/x?account_passcode=old-2'>account_token=old-1</a>", [])).toBe(
      "<a href='/x?account_passcode=[redacted]'>account_token=[redacted]</a>",
    );
  });

  it('leaves nothing of a secret that begins with another one', () => {
    const short = new Secret('abc');
    const long = new Secret('abc-123');
    expect(redact('got abc-123 and abc', [short, long])).toBe('got [redacted] and [redacted]');
    expect(redact('got abc-123 and abc', [long, short])).toBe('got [redacted] and [redacted]');
  });

  it('takes a secret of a few characters out as a value, and leaves words that it is part of', () => {
    const secrets = ['a', '1', 'v+x'].map((value) => new Secret(value));
    expect(redact('an array: "a", a=1&b=a; no v+x at 10:11 (token a)', secrets)).toBe(
      'an array: "[redacted]", [redacted]=[redacted]&b=[redacted]; no [redacted] at 10:11 (token [redacted])',
    );
    expect(redact('account_token=a failed', secrets)).toBe('account_token=[redacted] failed');
    // Long enough not to be part of a word by accident, so that it goes wherever it stands.
    expect(redact('xabcdefx', [new Secret('abcdef')])).toBe('x[redacted]x');
  });

  it('takes a lone half of a character for a secret as well, and never fails on one', () => {
    expect(redact('got \ud800 and [', [new Secret('\ud800'), new Secret('[')])).toBe('got [redacted] and [redacted]');
  });

  it('leaves a text without secrets as it is, and knows no empty secret', () => {
    expect(redact('utm_source is missing', secrets)).toBe('utm_source is missing');
    expect(redact('missing: utm_source, "" ...', [new Secret('')])).toBe('missing: utm_source, "" ...');
  });

  it('does not take a secret for a pattern', () => {
    expect(redact('a.c abc', [new Secret('a.c')])).toBe('[redacted] abc');
  });
});
