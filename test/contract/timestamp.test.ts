import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, stampNow } from '../../src/contract/timestamp.js';

// The moment of the document's samples: 2022-08-17T06:29:23Z.
const SAMPLE = 1_660_717_763;
const NOW = (SAMPLE + 3600) * 1000;
const DAY_SECONDS = 24 * 60 * 60;

const NOTATIONS = 'a Date, epoch seconds, epoch milliseconds or an ISO 8601 text with an offset';
const OTHER_TEXT = `must be ${NOTATIONS}, as in 2026-01-31T10:00:00Z`;
const EMPTY = `is empty; leave it out for the current moment, or give ${NOTATIONS}`;
const NO_OFFSET = 'has no offset; put Z behind it for UTC, or one such as +05:30';
const DAY_ALONE = 'is a day alone; give the time as well, with an offset, as in 2026-01-31T10:00:00Z';
const NO_SUCH_TIME = 'names a day, a time or an offset that does not exist';
const TOO_FINE = 'has too many digits; give epoch seconds or milliseconds';
const TOO_EARLY = { problem: 'lies before the year 2000; check its unit, seconds or milliseconds' };
const TOO_LATE = {
  problem: 'lies more than 24 hours ahead; check its unit, seconds or milliseconds, its offset and the clock',
};

function insteadGiven(kind: string): string {
  return `must be ${NOTATIONS}, but ${kind} was given`;
}

describe('parseTimestamp', () => {
  it.each([
    ['epoch seconds', 1660717763],
    ['epoch seconds with a fraction', 1660717763.999],
    ['epoch milliseconds', 1660717763000],
    ['epoch milliseconds within the second', 1660717763999],
    ['epoch milliseconds with a fraction', 1660717763999.9],
    ['a Date', new Date(1660717763000)],
    ['a Date within the second', new Date(1660717763999)],
    ['a Date from another realm', runInNewContext('new Date(1660717763500)') as unknown],
    ['digits: seconds', '1660717763'],
    ['digits: seconds with a fraction', '1660717763.75'],
    ['digits: milliseconds', '1660717763000'],
    ['digits with spaces around', ' 1660717763\n'],
    ['ISO 8601 in UTC', '2022-08-17T06:29:23Z'],
    ['ISO 8601 with milliseconds', '2022-08-17T06:29:23.999Z'],
    ['ISO 8601 with nanoseconds', '2022-08-17T06:29:23.999999999Z'],
    ['ISO 8601 with a comma', '2022-08-17T06:29:23,5Z'],
    ['ISO 8601 in lower case', '2022-08-17t06:29:23z'],
    ['ISO 8601 with a space', '2022-08-17 06:29:23Z'],
    ['ISO 8601 with an offset of hours and minutes', '2022-08-17T11:59:23+05:30'],
    ['ISO 8601 with an offset without colon', '2022-08-17T11:59:23+0530'],
    ['ISO 8601 with an offset of hours', '2022-08-17T11:29:23+05'],
    ['ISO 8601 with an offset to the west', '2022-08-16T22:29:23.25-08:00'],
    ['ISO 8601 with an offset of nothing', '2022-08-17T06:29:23-00:00'],
    ['ISO 8601 with spaces around', '  2022-08-17T06:29:23Z '],
  ])('reads %s', (_, input) => {
    expect(parseTimestamp(input, NOW)).toEqual({ seconds: SAMPLE });
  });

  it.each([
    ['2022-08-17T06:29Z', 1660717740],
    ['2022-08-17T11:59+05:30', 1660717740],
    ['2022-08-17T01:59-0430', 1660717740],
    ['2020-02-29T00:00:00Z', 1582934400],
    ['2000-01-01T00:00:00Z', 946684800],
    ['2000-01-01T05:30:00+05:30', 946684800],
  ])('reads %s as %i', (input, seconds) => {
    expect(parseTimestamp(input, NOW)).toEqual({ seconds });
  });

  it.each([
    ['without an offset', '2022-08-17T06:29:23', NO_OFFSET],
    ['without an offset, with a space', '2022-08-17 06:29', NO_OFFSET],
    ['without an offset, with milliseconds', '2022-08-17T06:29:23.999', NO_OFFSET],
    ['without an offset, with a comma', '2022-08-17 06:29:23,5', NO_OFFSET],
    ['of a day alone', '2022-08-17', DAY_ALONE],
    ['of 30 February', '2026-02-30T00:00:00Z', NO_SUCH_TIME],
    ['of 29 February in a common year', '2021-02-29T00:00:00Z', NO_SUCH_TIME],
    ['of 31 April', '2022-04-31T00:00:00Z', NO_SUCH_TIME],
    ['of month 13', '2022-13-01T00:00:00Z', NO_SUCH_TIME],
    ['of month 0', '2022-00-10T00:00:00Z', NO_SUCH_TIME],
    ['of hour 25', '2022-08-17T25:00:00Z', NO_SUCH_TIME],
    ['of minute 60', '2022-08-17T06:60:00Z', NO_SUCH_TIME],
    ['with an impossible offset', '2022-08-17T06:29:23+99:99', NO_SUCH_TIME],
    ['with a named zone', '2022-08-17T06:29:23 IST', OTHER_TEXT],
    ['with something behind it', '2022-08-17T06:29:23Z and more', OTHER_TEXT],
    ['without an offset, with something before it', 'at 2022-08-17T06:29:23', OTHER_TEXT],
    ['with something before it', 'at 2022-08-17T06:29:23Z', OTHER_TEXT],
  ])('refuses an ISO 8601 string %s', (_, input, problem) => {
    expect(parseTimestamp(input, NOW)).toEqual({ problem });
  });

  it.each([
    ['an empty text', '', EMPTY],
    ['spaces', '  ', EMPTY],
    ['words', 'yesterday', OTHER_TEXT],
    ['a date as JavaScript prints it', 'Wed Aug 17 2022 06:29:23 GMT+0000', OTHER_TEXT],
    ['a signed number', '+1660717763', OTHER_TEXT],
    ['a number in exponent form', '1.66e9', OTHER_TEXT],
    ['a hexadecimal number', '0x62fc8e43', OTHER_TEXT],
    ['digits: microseconds', '1660717763000000', TOO_FINE],
    ['digits: nanoseconds', '1660717763000000000', TOO_FINE],
    ['digits of another script', '١٦٦٠٧١٧٧٦٣', OTHER_TEXT],
    ['NaN', Number.NaN, insteadGiven('NaN')],
    ['Infinity', Number.POSITIVE_INFINITY, insteadGiven('an infinite number')],
    ['-Infinity', Number.NEGATIVE_INFINITY, insteadGiven('an infinite number')],
    ['an invalid Date', new Date(Number.NaN), insteadGiven('an invalid Date')],
    [
      'an invalid Date from another realm',
      runInNewContext('new Date(NaN)') as unknown,
      insteadGiven('an invalid Date'),
    ],
    [
      'what only pretends to be a Date',
      { [Symbol.toStringTag]: 'Date', getTime: () => NOW },
      insteadGiven('an invalid Date'),
    ],
    ['a bigint', 1660717763n, insteadGiven('a bigint')],
    ['a boolean', true, insteadGiven('a boolean')],
    ['null', null, insteadGiven('null')],
    ['an object', { valueOf: () => SAMPLE }, insteadGiven('an object')],
    ['a list', [SAMPLE], insteadGiven('a list')],
  ])('refuses %s', (_, input, problem) => {
    expect(parseTimestamp(input, NOW)).toEqual({ problem });
  });

  it('takes numbers from 1e11 on for milliseconds, and those below for seconds', () => {
    const farFuture = 1e11 * 1000;
    expect(parseTimestamp(99_999_999_999, farFuture)).toEqual({ seconds: 99_999_999_999 });
    expect(parseTimestamp(99_999_999_999, NOW)).toEqual(TOO_LATE);
    // In milliseconds this is March 1973.
    expect(parseTimestamp(100_000_000_000, farFuture)).toEqual(TOO_EARLY);
    expect(parseTimestamp('100000000000', farFuture)).toEqual(TOO_EARLY);
  });

  it.each([
    ['a negative number', -1660717763],
    ['zero', 0],
    ['a Date before 1970', new Date(-1)],
    ['the second before the year 2000', 946684799],
    ['the last millisecond before the year 2000', new Date(946684799999)],
    ['an ISO 8601 string', '1999-12-31T23:59:59Z'],
    ['an offset that leads back into 1999', '2000-01-01T00:00:00+01:00'],
  ])('refuses what lies before the year 2000: %s', (_, input) => {
    expect(parseTimestamp(input, NOW)).toEqual(TOO_EARLY);
  });

  it('takes the first second of the year 2000', () => {
    expect(parseTimestamp(946684800, NOW)).toEqual({ seconds: 946684800 });
    expect(parseTimestamp(new Date(946684800000), NOW)).toEqual({ seconds: 946684800 });
  });

  it('takes what lies exactly 24 hours ahead, and nothing beyond', () => {
    const ahead = NOW / 1000 + DAY_SECONDS;
    expect(parseTimestamp(ahead, NOW)).toEqual({ seconds: ahead });
    expect(parseTimestamp(new Date(ahead * 1000), NOW)).toEqual({ seconds: ahead });
    expect(parseTimestamp(ahead + 1, NOW)).toEqual(TOO_LATE);
    expect(parseTimestamp(new Date((ahead + 1) * 1000), NOW)).toEqual(TOO_LATE);
    expect(parseTimestamp(ahead, NOW - 1)).toEqual(TOO_LATE);
  });

  it('reads the same moment from each notation', () => {
    const moment = fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date(NOW), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offsetMinutes) => {
        const seconds = Math.floor(date.getTime() / 1000);
        const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
        const pad = (part: number) => String(part).padStart(2, '0');
        const minutes = Math.abs(offsetMinutes);
        const offset = `${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
        const milliseconds = date.getTime();
        const inputs = [date, seconds, String(seconds), date.toISOString(), local + offset];
        if (milliseconds >= 1e11) inputs.push(milliseconds, String(milliseconds));
        for (const input of inputs) expect(parseTimestamp(input, NOW)).toEqual({ seconds });
      }),
      { numRuns: 500 },
    );
  });

  it('answers whatever it is given, with whole seconds or a problem', () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withBigInt: true }), (input) => {
        const parsed = parseTimestamp(input, NOW);
        if ('seconds' in parsed) expect(Number.isSafeInteger(parsed.seconds)).toBe(true);
        else expect(parsed.problem).toMatch(/^(must be|is|has|names|lies) /);
      }),
      { numRuns: 500 },
    );
  });
});

describe('stampNow', () => {
  it('gives whole seconds, never one that has not come yet', () => {
    expect(stampNow(1660717763000)).toBe(1660717763);
    expect(stampNow(1660717763999.9)).toBe(1660717763);
  });
});
