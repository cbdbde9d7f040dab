import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter } from '../../src/delivery/retry-after.js';

// 1994-11-06T08:49:37Z, the moment of the examples in RFC 9110.
const EXAMPLE = 784_111_777_000;

describe('parseRetryAfter', () => {
  it.each([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 120\t', 120_000],
    ['007', 7000],
    ['9999999999', 9_999_999_999_000],
  ])('reads %j as seconds', (header, delayMs) => {
    expect(parseRetryAfter(header, EXAMPLE)).toBe(delayMs);
  });

  it.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['asctime', 'Sun Nov  6 08:49:37 1994'],
    ['asctime with a leading zero', 'Sun Nov 06 08:49:37 1994'],
    ['IMF-fixdate with spaces around', '  Sun, 06 Nov 1994 08:49:37 GMT '],
  ])('reads a date in the format %s', (_, header) => {
    expect(parseRetryAfter(header, EXAMPLE - 90_500)).toBe(90_500);
  });

  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Thu, 01 Jan 1970 00:00:00 GMT',
  ])('waits for nothing where %s has passed', (header) => {
    expect(parseRetryAfter(header, EXAMPLE)).toBe(0);
    expect(parseRetryAfter(header, EXAMPLE + 1)).toBe(0);
    expect(parseRetryAfter(header, Date.UTC(2026, 0, 1))).toBe(0);
  });

  it.each([
    // Up to 50 years ahead a two-digit year lies in the future, beyond that in the past.
    ['Wednesday, 01-Jan-76 00:00:00 GMT', Date.UTC(2076, 0, 1)],
    ['Friday, 01-Jan-77 00:00:00 GMT', undefined],
    ['Friday, 01-Jan-27 00:00:00 GMT', Date.UTC(2027, 0, 1)],
    ['Saturday, 01-Jan-00 00:00:00 GMT', undefined],
  ])('takes the two-digit year of %s as RFC 9110 does', (header, at) => {
    const now = Date.UTC(2026, 5, 1);
    expect(parseRetryAfter(header, now)).toBe(at === undefined ? 0 : at - now);
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '12345678901',
    '120 seconds',
    '120, 120',
    'soon',
    'NaN',
    'Infinity',
    '2026-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:49:37 GMT',
    'Sunday, 06-Xyz-94 08:49:37 GMT',
    'Sunday, 06-Nov-1994 08:49:37 GMT',
    'Sun Xyz  6 08:49:37 1994',
    'Sun Nov  6 08:49:37 94',
    'at Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, later',
    'Sun, 06 Nov 1994 08:49:37 GMT+0100',
    'at Sunday, 06-Nov-94 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT, later',
    'at Sun Nov  6 08:49:37 1994',
    'Sun Nov  6 08:49:37 1994, later',
  ])('cannot read %j', (header) => {
    expect(parseRetryAfter(header, 0)).toBeUndefined();
  });

  it('reads any moment in each of the three formats', () => {
    const moment = fc.date({
      min: new Date(Date.UTC(2026, 0, 2)),
      max: new Date(Date.UTC(2069, 0, 1)),
      noInvalidDate: true,
    });
    const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    const now = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(moment, (date) => {
        const delayMs = Math.floor(date.getTime() / 1000) * 1000 - now;
        // "Sun, 06 Nov 1994 08:49:37 GMT" is what toUTCString gives.
        const fixdate = date.toUTCString();
        const [, day = '', month = '', year = '', time = ''] = fixdate.split(' ');
        const weekday = days[date.getUTCDay()] ?? '';
        const rfc850 = `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
        const asctime = `${weekday.slice(0, 3)} ${month} ${String(Number(day)).padStart(2, ' ')} ${time} ${year}`;
        for (const header of [fixdate, rfc850, asctime]) expect(parseRetryAfter(header, now)).toBe(delayMs);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws, and gives no delay that is not one', () => {
    const datelike = fc.string({
      unit: fc.constantFrom('Sun', 'Sunday', ',', ' ', '06', 'Nov', '-', '94', '08:49:37', 'GMT'),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), datelike), fc.integer(), (header, nowMs) => {
        const delayMs = parseRetryAfter(header, nowMs);
        if (delayMs !== undefined) expect(delayMs).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });
});
