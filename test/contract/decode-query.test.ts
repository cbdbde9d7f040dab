import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeQuery } from '../../src/contract/decode-query.js';
import { percentEncode } from '../../src/contract/encode-query.js';
import { anyText } from './arbitraries.js';

describe("the document's samples", () => {
  it.each(['organic_install', 'inorganic_install'])('decode to an %s', (type) => {
    const sample = `https://api.clevertap.com/attribution?partner_name=airbirdge&event_type=${type}&utm_source=utm_google&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android&timestamp=1660717763`;
    const { reserved, params, repeated } = decodeQuery(sample);
    expect({ ...reserved }).toEqual({
      partner_name: 'airbirdge',
      event_type: type,
      utm_source: 'utm_google',
      utm_medium: 'gd',
      utm_campaign: 'adir',
      device_identifier: '__android11235',
      account_id: 'W6W-797-865Z',
      account_token: 'aca-060',
      account_passcode: '1f81b71b91d84885a898911ab8722f34',
      platform: 'android',
      timestamp: '1660717763',
    });
    expect({ ...params }).toEqual({});
    expect(repeated).toEqual([]);
  });

  it('decode to a custom event, whose repeated timestamp is reported and counts once', () => {
    const { reserved, params, repeated } = decodeQuery(
      'https://api.clevertap.com/attribution?partner_name=airbirdge&event_type=Add_to_cart&timestamp=1656317838&device_identifier=__g1234abc&items=shoes&price=12.00&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android&timestamp=1660717763',
    );
    expect({ ...reserved }).toEqual({
      partner_name: 'airbirdge',
      event_type: 'Add_to_cart',
      timestamp: '1656317838',
      device_identifier: '__g1234abc',
      account_id: 'W6W-797-865Z',
      account_token: 'aca-060',
      account_passcode: '1f81b71b91d84885a898911ab8722f34',
      platform: 'android',
    });
    expect(Object.entries(params)).toEqual([
      ['items', 'shoes'],
      ['price', '12.00'],
    ]);
    expect(repeated).toEqual(['timestamp']);
  });

  it.each(['api', 'in1.api', 'us1.api', 'sg1.api', 'sk1.api', 'aps3.api', 'mec1.api'])(
    'decode for host %s, in whichever order the parameters come',
    (host) => {
      const origin = `https://${host}.clevertap.com/attribution`;
      for (const order of [
        'event_type=custom&device_identifier={CLEVERTAPID}&timestamp=1656317838',
        'timestamp=1656317838&event_type=custom&device_identifier={CLEVERTAPID}',
        'event_type=custom&timestamp=1656317838&device_identifier={CLEVERTAPID}',
      ]) {
        const { reserved, params } = decodeQuery(
          `${origin}?partner_name=airbirdge&${order}&platform=android&android_id=&city=Mumbai&match_type=gp_referrer`,
        );
        expect({ ...reserved }).toEqual({
          partner_name: 'airbirdge',
          event_type: 'custom',
          timestamp: '1656317838',
          device_identifier: '{CLEVERTAPID}',
          platform: 'android',
        });
        expect(Object.entries(params)).toEqual([
          ['android_id', ''],
          ['city', 'Mumbai'],
          ['match_type', 'gp_referrer'],
        ]);
      }
    },
  );
});

describe('decodeQuery', () => {
  function paramsOf(url: string) {
    return Object.entries(decodeQuery(url).params);
  }

  it.each(['a=1', '?a=1', '/attribution?a=1', 'https://api.clevertap.com/attribution?a=1', '/x?a=1#part', 'a=1#?b=2'])(
    'finds the query in %s',
    (url) => {
      expect(paramsOf(url)).toEqual([['a', '1']]);
    },
  );

  it.each(['', '?', '&', '?&&', '/attribution?', '/attribution', '#a=1', '/attribution?#a=1'])(
    'finds none in %j',
    (url) => {
      expect(decodeQuery(url)).toEqual({ reserved: {}, params: {}, repeated: [] });
    },
  );

  it('takes a parameter without "=" for an empty one, and later "=" as part of the value', () => {
    expect(paramsOf('a&b=&c=1=2&=d')).toEqual([
      ['a', ''],
      ['b', ''],
      ['c', '1=2'],
      ['', 'd'],
    ]);
  });

  it('reads "+" and "%20" as a space, and "%2B" as "+", in names as well', () => {
    expect(paramsOf('a+b=c+d%20e%2Bf&g%3D=h')).toEqual([
      ['a b', 'c d e+f'],
      ['g=', 'h'],
    ]);
    expect({ ...decodeQuery('partner%5Fname=x').reserved }).toEqual({ partner_name: 'x' });
  });

  it('leaves a malformed percent sequence as it is, and decodes those beside it', () => {
    expect(paramsOf('a=%&b=%zz&c=%2&d=100%25%+%C3%A9&e=%FF-%20x&f=%C3%A9%E2%82&g=%0a%4F%')).toEqual([
      ['a', '%'],
      ['b', '%zz'],
      ['c', '%2'],
      ['d', '100%% é'],
      ['e', '%FF- x'],
      ['f', '%C3%A9%E2%82'],
      ['g', '\nO%'],
    ]);
  });

  it('takes the names of the protocol as they are written: another letter case is an extra parameter', () => {
    const { reserved, params } = decodeQuery('Account_ID=x&account_id=y');
    expect({ ...reserved }).toEqual({ account_id: 'y' });
    expect({ ...params }).toEqual({ Account_ID: 'x' });
  });

  it('keeps the first of a repeated parameter and names it once', () => {
    const { params, repeated } = decodeQuery('a=1&b=2&a=3&a=4&platform=ios&platform=android');
    expect(Object.entries(params)).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(repeated).toEqual(['a', 'platform']);
  });

  it('carries __proto__ and its like as names, and takes none of them for repeated', () => {
    const { params, repeated } = decodeQuery('__proto__=p&constructor=c&toString=t');
    expect(Object.entries(params)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    expect(repeated).toEqual([]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('gives back any names and values that were percent-encoded', () => {
    const query = fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([name]) => name, maxLength: 6 });
    fc.assert(
      fc.property(query, (pairs) => {
        const encoded = pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
        const { reserved, params, repeated } = decodeQuery(`/attribution?${encoded}`);
        const decoded = new Map([...Object.entries(reserved), ...Object.entries(params)]);
        expect(decoded).toEqual(new Map(pairs));
        expect(repeated).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, whatever the text', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('%', '2', 'F', 'C', '3', '&', '=', '?', '#', '+', '\ud800', 'é'),
    });
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const { reserved, params } = decodeQuery(text);
        for (const value of [...Object.values(reserved), ...Object.values(params)]) expect(value).toBeTypeOf('string');
      }),
      { numRuns: 1000 },
    );
  });
});
