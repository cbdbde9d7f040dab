import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { parseCredentials } from '../../src/contract/credentials.js';
import { decodeQuery } from '../../src/contract/decode-query.js';
import {
  percentEncode,
  QueryEncoder,
  queryOpening,
  type QueryEncoderOptions,
} from '../../src/contract/encode-query.js';
import { resolveEndpoint } from '../../src/contract/endpoint.js';
import { createEventSchema } from '../../src/contract/event-schema.js';
import type { AttributionEvent } from '../../src/contract/event.js';
import type { RegionCode } from '../../src/contract/regions.js';
import { validate } from '../../src/contract/validate.js';
import { ValidationError } from '../../src/errors.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';
import { anyText, NOW, validEvent } from './arbitraries.js';

const schema = createEventSchema({ utmPolicy: 'all', now: () => NOW });

function encode(event: AttributionEvent, options: Partial<QueryEncoderOptions> = {}): string {
  const credentials = parseCredentials(canaryCredentials());
  const encoder = new QueryEncoder({ opening: queryOpening('airbridge'), credentials, ...options });
  return encoder.encode(validate(schema, event, 'event'));
}

/** The credentials of the document's samples. */
const sampleCredentials = parseCredentials({
  projectId: 'W6W-797-865Z',
  projectToken: 'aca-060',
  projectPasscode: '1f81b71b91d84885a898911ab8722f34',
});

const device = { deviceIdentifier: '__android11235', platform: 'android' };
const utm = { utmSource: 'utm_google', utmMedium: 'gd', utmCampaign: 'adir' };
const custom: AttributionEvent = { type: 'custom', name: 'Add_to_cart', timestamp: null, ...device };

describe("the document's samples", () => {
  it('encode the organic install', () => {
    const options = { opening: queryOpening('airbridge'), credentials: sampleCredentials };
    expect(encode({ type: 'organic_install', ...device, ...utm, timestamp: 1660717763 }, options)).toBe(
      '/attribution?partner_name=airbridge&event_type=organic_install&timestamp=1660717763&utm_source=utm_google' +
        '&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235&account_id=W6W-797-865Z' +
        '&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android',
    );
  });

  it('encode the inorganic install', () => {
    const options = { opening: queryOpening('airbirdge'), credentials: sampleCredentials };
    expect(encode({ type: 'inorganic_install', ...device, ...utm, timestamp: 1660717763 }, options)).toBe(
      '/attribution?partner_name=airbirdge&event_type=inorganic_install&timestamp=1660717763&utm_source=utm_google' +
        '&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235&account_id=W6W-797-865Z' +
        '&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android',
    );
  });

  it('encode the custom event, with the timestamp once', () => {
    const event: AttributionEvent = {
      type: 'custom',
      name: 'Add_to_cart',
      deviceIdentifier: '__g1234abc',
      platform: 'android',
      timestamp: 1656317838,
      params: { items: 'shoes', price: '12.00' },
    };
    expect(encode(event, { opening: queryOpening('airbirdge'), credentials: sampleCredentials })).toBe(
      '/attribution?partner_name=airbirdge&event_type=Add_to_cart&timestamp=1656317838&device_identifier=__g1234abc' +
        '&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34' +
        '&platform=android&items=shoes&price=12.00',
    );
  });

  const regional: [RegionCode, string][] = [
    [
      'eu',
      'https://api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&device_identifier={CLEVERTAPID}&timestamp=1656317838&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'in',
      'https://in1.api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&device_identifier={CLEVERTAPID}&timestamp=1656317838&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'us',
      'https://us1.api.clevertap.com/attribution?partner_name=airbirdge&timestamp=1656317838&event_type=custom&device_identifier={CLEVERTAPID}&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'sg',
      'https://sg1.api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&device_identifier={CLEVERTAPID}&timestamp=1656317838&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'sk',
      'https://sk1.api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&timestamp=1656317838&device_identifier={CLEVERTAPID}&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'id',
      'https://aps3.api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&timestamp=1656317838&device_identifier={CLEVERTAPID}&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
    [
      'ae',
      'https://mec1.api.clevertap.com/attribution?partner_name=airbirdge&event_type=custom&timestamp=1656317838&device_identifier={CLEVERTAPID}&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    ],
  ];

  it.each(regional)('encode the content of the one for region %s, which lacks credentials', (region, sample) => {
    const event: AttributionEvent = {
      type: 'custom',
      name: 'custom',
      deviceIdentifier: '{CLEVERTAPID}',
      platform: 'android',
      timestamp: 1656317838,
      params: { android_id: '', city: 'Mumbai', match_type: 'gp_referrer' },
    };
    const { origin, path } = resolveEndpoint(region);
    const encoded = encode(event, { opening: queryOpening('airbirdge', path), credentials: sampleCredentials });
    expect(encoded).toBe(
      '/attribution?partner_name=airbirdge&event_type=custom&timestamp=1656317838&device_identifier=%7BCLEVERTAPID%7D' +
        '&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34' +
        '&platform=android&android_id=&city=Mumbai&match_type=gp_referrer',
    );
    expect(origin + path).toBe(sample.split('?')[0]);
    const { reserved, params } = decodeQuery(encoded);
    const { account_id, account_token, account_passcode, ...content } = reserved;
    expect([account_id, account_token, account_passcode]).not.toContain(undefined);
    const sampled = decodeQuery(sample);
    expect(content).toEqual({ ...sampled.reserved });
    expect(Object.entries(params)).toEqual(Object.entries(sampled.params));
  });
});

describe('percentEncode', () => {
  it('leaves the unreserved characters of RFC 3986', () => {
    const unreserved = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
    expect(percentEncode(unreserved)).toBe(unreserved);
  });

  it.each([
    [' ', '%20'],
    ['+', '%2B'],
    ['%', '%25'],
    ['&', '%26'],
    ['=', '%3D'],
    ['?', '%3F'],
    ['/', '%2F'],
    ['#', '%23'],
    ["!'()*", '%21%27%28%29%2A'],
    [':@$,;', '%3A%40%24%2C%3B'],
    ['|<>', '%7C%3C%3E'],
    ['"\\^`{}[]', '%22%5C%5E%60%7B%7D%5B%5D'],
    ['\u0000\n\u007f', '%00%0A%7F'],
    ['é', '%C3%A9'],
    ['मुंबई', '%E0%A4%AE%E0%A5%81%E0%A4%82%E0%A4%AC%E0%A4%88'],
    ['😀', '%F0%9F%98%80'],
    ['a b', 'a%20b'],
  ])('encodes %j as %s', (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded);
  });

  it('writes each byte of UTF-8 as %XX, but for the unreserved characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = [...new TextEncoder().encode(text)].map((byte) => {
          const character = String.fromCharCode(byte);
          return /[\w\-.~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
        });
        expect(percentEncode(text)).toBe(bytes.join(''));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('QueryEncoder', () => {
  it('leaves the timestamp out where it is null', () => {
    expect(encode({ ...custom, timestamp: null })).not.toContain('timestamp');
    expect(encode({ ...custom, timestamp: 1656317838 })).toContain('&timestamp=1656317838&');
  });

  it('sends the UTM fields of a custom event that are there, and no others', () => {
    const query = encode({ ...custom, utmMedium: 'cpc' });
    expect(query).toContain('&utm_medium=cpc&');
    expect(query).not.toMatch(/utm_source|utm_campaign/);
  });

  it('keeps the letter case of the identifier and encodes what it may hold', () => {
    expect(encode({ ...custom, deviceIdentifier: '__hAb=|<>;+.()!:$@_-' })).toContain(
      '&device_identifier=__hAb%3D%7C%3C%3E%3B%2B.%28%29%21%3A%24%40_-&',
    );
  });

  it('encodes the partner name, the event name, the platform, parameter names and values', () => {
    const event: AttributionEvent = {
      ...custom,
      name: 'In den Warenkorb & mehr',
      platform: 'React Native',
      params: { 'größe=': 'x&y', 'a b': '+' },
    };
    const query = encode(event, { opening: queryOpening('a & b') });
    expect(query).toContain('?partner_name=a%20%26%20b&event_type=In%20den%20Warenkorb%20%26%20mehr&');
    expect(query).toMatch(/&platform=React%20Native&gr%C3%B6%C3%9Fe%3D=x%26y&a%20b=%2B$/);
  });

  it('puts extra parameters last, in the order of the caller', () => {
    expect(encode({ ...custom, params: { z: 1, a: '', m: true, n: null } })).toMatch(
      /&platform=android&z=1&a=&m=true$/,
    );
  });

  it('cannot be made to overwrite the account by text that looks like a query', () => {
    const attack = 'x&account_id=OTHER&account_token=y#';
    const event: AttributionEvent = { ...custom, name: attack, deviceIdentifier: attack, params: { [attack]: attack } };
    const { reserved, repeated } = decodeQuery(encode(event));
    expect(reserved).toMatchObject({ account_id: 'TEST-111-222Z', account_token: CANARY_TOKEN });
    expect(repeated).toEqual([]);
  });

  it('takes the path of a proxy', () => {
    expect(encode(custom, { opening: queryOpening('airbridge', '/proxy/attribution') })).toMatch(
      /^\/proxy\/attribution\?partner_name=airbridge&/,
    );
  });

  it('serves any number of events', () => {
    const credentials = parseCredentials(canaryCredentials());
    const encoder = new QueryEncoder({ opening: queryOpening('airbridge'), credentials });
    const first = validate(schema, { ...custom, params: { a: 1 } }, 'event');
    const second = validate(schema, custom, 'event');
    const once = encoder.encode(first);
    expect(encoder.encode(second)).not.toContain('a=1');
    expect(encoder.encode(first)).toBe(once);
  });
});

describe('any event', () => {
  it('comes back from its query as it was, each parameter once and nothing raw in between', () => {
    fc.assert(
      fc.property(validEvent, anyText, (input, partnerName) => {
        const event = validate(schema, input, 'event');
        const query = encode(input, { opening: queryOpening(partnerName), maxUrlBytes: Infinity });
        expect(query).toMatch(/^\/attribution\?[A-Za-z0-9\-._~%&=]+$/);
        expect(query.replaceAll(/%[0-9A-F]{2}/g, '')).not.toContain('%');

        const { reserved, params, repeated } = decodeQuery(query);
        const names = query
          .split(/[?&]/)
          .slice(1)
          .map((pair) => pair.split('=')[0]);
        expect(repeated).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toHaveLength(Object.keys(reserved).length + Object.keys(params).length);

        expect({ ...reserved }).toEqual({
          partner_name: partnerName,
          event_type: event.type === 'custom' ? event.name : event.type,
          timestamp: event.timestamp === null ? undefined : String(event.timestamp),
          utm_source: event.utmSource,
          utm_medium: event.utmMedium,
          utm_campaign: event.utmCampaign,
          device_identifier: event.deviceIdentifier,
          account_id: 'TEST-111-222Z',
          account_token: CANARY_TOKEN,
          account_passcode: CANARY_PASSCODE,
          platform: event.platform,
        });
        expect(Object.entries(params)).toEqual(Object.entries(event.params));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('maxUrlBytes', () => {
  function refusalOf(event: AttributionEvent, maxUrlBytes?: number): ValidationError {
    try {
      encode(event, { maxUrlBytes });
    } catch (error) {
      if (error instanceof ValidationError) return error;
      throw error;
    }
    throw new Error('expected the event to be refused');
  }

  it('allows exactly that many bytes of path and query', () => {
    const bytes = encode(custom).length;
    expect(encode(custom, { maxUrlBytes: bytes })).toHaveLength(bytes);
    expect(() => encode(custom, { maxUrlBytes: bytes - 1 })).toThrow(ValidationError);
  });

  it('is 8000 by default', () => {
    const rest = encode({ ...custom, params: { note: '' } }).length;
    expect(encode({ ...custom, params: { note: 'x'.repeat(8000 - rest) } })).toHaveLength(8000);
    expect(refusalOf({ ...custom, params: { note: 'x'.repeat(8001 - rest) } }).message).toContain(
      'of 8001 bytes of path and query, more than the 8000 of maxUrlBytes',
    );
  });

  it.each<[field: string, event: AttributionEvent]>([
    ['params.note', { ...custom, params: { city: 'Mumbai', note: 'x'.repeat(200), items: 'shoes' } }],
    // Fewer characters, but more bytes.
    ['params.note', { ...custom, deviceIdentifier: 'x'.repeat(100), params: { note: '購'.repeat(30) } }],
    [`params.${'名'.repeat(20)}`, { ...custom, params: { ['名'.repeat(20)]: 1, note: 'x'.repeat(150) } }],
    ['deviceIdentifier', { ...custom, deviceIdentifier: '購'.repeat(20), params: { note: 'x'.repeat(150) } }],
    [`params.${'n'.repeat(200)}`, { ...custom, params: { ['n'.repeat(200)]: 1, city: 'Mumbai' } }],
    ['deviceIdentifier', { ...custom, deviceIdentifier: 'x'.repeat(200), params: { city: 'Mumbai' } }],
    ['name', { ...custom, name: 'x'.repeat(200), params: { city: 'Mumbai' } }],
    ['platform', { ...custom, platform: 'x'.repeat(200) }],
    ['utmCampaign', { ...custom, utmSource: 'x', utmCampaign: 'x'.repeat(200) }],
  ])('is named in an error together with the largest parameter, %s', (field, event) => {
    const error = refusalOf(event, 250);
    expect(error.issues.map(({ path }) => path.join('.'))).toEqual([field]);
    expect(error.message).toMatch(/^event: .*maxUrlBytes/);
    expect(error.projectId).toBe('TEST-111-222Z');
  });

  it('blames no field that nobody can shorten, such as the type', () => {
    const short = { utmSource: 'a', utmMedium: 'b', utmCampaign: 'c', deviceIdentifier: 'd', platform: 'android' };
    const error = refusalOf({ type: 'inorganic_install', ...short }, 100);
    expect(error.issues.map(({ path }) => path)).toEqual([['platform']]);
  });

  it('names the first of two parameters that are as large', () => {
    const error = refusalOf({ ...custom, params: { one: 'x'.repeat(200), two: 'x'.repeat(200) } }, 250);
    expect(error.issues.map(({ path }) => path)).toEqual([['params', 'one']]);
  });

  it('shows no secret and no value in its error', () => {
    const error = refusalOf({ ...custom, params: { note: 'private'.repeat(50) } }, 250);
    expect(canariesIn(everythingShownOf(error))).toEqual([]);
    expect(everythingShownOf(error)).not.toContain('privateprivate');
  });
});

describe('the check of a length', () => {
  const least: AttributionEvent = { type: 'custom', name: 'n', deviceIdentifier: 'd', platform: 'p', timestamp: null };
  // As many bytes as UTF-16 code units can take.
  const long = '購'.repeat(500);
  const manyParams = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [long.slice(0, index + 1), '購']));

  function encoderFor(maxUrlBytes: number, projectToken = CANARY_TOKEN): QueryEncoder {
    const credentials = parseCredentials(canaryCredentials({ projectToken }));
    return new QueryEncoder({ opening: queryOpening('airbridge'), credentials, maxUrlBytes });
  }

  function expectExact(input: AttributionEvent, projectToken?: string): void {
    const event = validate(schema, input, 'event');
    const bytes = encoderFor(Infinity, projectToken).encode(event).length;
    expect(() => encoderFor(bytes, projectToken).checkLength(event)).not.toThrow();
    expect(() => encoderFor(bytes - 1, projectToken).checkLength(event)).toThrow(ValidationError);
  }

  it.each<[what: string, event: AttributionEvent]>([
    ['nothing', least],
    ['the name', { ...least, name: long }],
    ['the identifier', { ...least, deviceIdentifier: long }],
    ['the platform', { ...least, platform: long }],
    ['a UTM field', { ...least, utmSource: long }],
    ['another UTM field', { ...least, utmMedium: long }],
    ['the third UTM field', { ...least, utmCampaign: long }],
    ["a parameter's name", { ...least, params: { [long]: 1 } }],
    ["a parameter's value", { ...least, params: { note: long } }],
    ['the list of parameters', { ...least, params: manyParams }],
  ])('is as exact as encoding where %s is long', (_, event) => {
    expectExact(event);
  });

  it('is as exact as encoding where the credentials are long', () => {
    expectExact(least, 'x'.repeat(3000));
  });

  it('is as exact as encoding for any event', () => {
    fc.assert(
      fc.property(validEvent, (event) => expectExact(event)),
      { numRuns: 300 },
    );
  });

  it('encodes nothing that is certainly short enough', () => {
    const encoder = encoderFor(8000);
    const encode = vi.spyOn(encoder, 'encode');
    encoder.checkLength(validate(schema, custom, 'event'));
    expect(encode).not.toHaveBeenCalled();
  });
});
