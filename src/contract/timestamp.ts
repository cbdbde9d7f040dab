/** The `timestamp` parameter: epoch seconds on the wire, several notations on the way in. */

import { kindOf } from './kind-of-value.js';

/**
 * When an event happened: a `Date`, epoch seconds, epoch milliseconds (a number from 1e11 on), an ISO 8601 string with
 * an offset, or a string of digits. Fractions of a second are dropped.
 */
export type TimestampInput = Date | number | string;

// Nobody's seconds reach 1e11 (the year 5138), nobody's milliseconds lie below it (March 1973).
const MILLISECONDS_FROM = 1e11;
const EARLIEST_SECONDS = Date.UTC(2000, 0, 1) / 1000;
const MAX_AHEAD_SECONDS = 24 * 60 * 60;

const ISO_8601_WITH_OFFSET =
  /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$/;
const DIGITS = /^\d{1,15}(?:\.\d{1,9})?$/;

const LOCAL_ISO_8601 = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?$/;

const NOTATIONS = 'a Date, epoch seconds, epoch milliseconds or an ISO 8601 text with an offset';
const TOO_EARLY = 'lies before the year 2000; check its unit, seconds or milliseconds';
const TOO_LATE = 'lies more than 24 hours ahead; check its unit, seconds or milliseconds, its offset and the clock';

/** Epoch seconds, or what is wrong with the input. `nowMs` bounds how far ahead an event may lie (24 hours). */
export function parseTimestamp(input: unknown, nowMs: number): { seconds: number } | { problem: string } {
  const seconds = toEpochSeconds(input);
  if (Number.isNaN(seconds)) return { problem: describeUnreadable(input) };
  if (seconds < EARLIEST_SECONDS) return { problem: TOO_EARLY };
  if (seconds > nowMs / 1000 + MAX_AHEAD_SECONDS) return { problem: TOO_LATE };
  return { seconds };
}

/** The current moment as the wire wants it. */
export function stampNow(nowMs: number): number {
  return Math.floor(nowMs / 1000);
}

/** What is wrong with an input that is no moment. */
function describeUnreadable(input: unknown): string {
  if (typeof input !== 'string') {
    const kind = kindOf(input);
    return `must be ${NOTATIONS}, but ${kind === 'a Date' ? 'an invalid Date' : kind} was given`;
  }
  const text = input.trim();
  if (text === '') return `is empty; leave it out for the current moment, or give ${NOTATIONS}`;
  if (/^\d+$/.test(text)) return 'has too many digits; give epoch seconds or milliseconds';
  if (LOCAL_ISO_8601.test(text))
    return text.length > 10
      ? 'has no offset; put Z behind it for UTC, or one such as +05:30'
      : 'is a day alone; give the time as well, with an offset, as in 2026-01-31T10:00:00Z';
  if (ISO_8601_WITH_OFFSET.test(text)) return 'names a day, a time or an offset that does not exist';
  return `must be ${NOTATIONS}, as in 2026-01-31T10:00:00Z`;
}

function toEpochSeconds(input: unknown): number {
  if (typeof input === 'number') return fromNumber(input);
  if (Object.prototype.toString.call(input) === '[object Date]') return Math.floor(dateValue(input) / 1000);
  if (typeof input !== 'string') return Number.NaN;
  const text = input.trim();
  if (DIGITS.test(text)) return fromNumber(Number(text));
  return ISO_8601_WITH_OFFSET.test(text) && isCalendarDay(text)
    ? Math.floor(Date.parse(toStrictIso(text)) / 1000)
    : Number.NaN;
}

// Not `instanceof`: a Date from another realm (a vm context, a test runner's sandbox) is a Date too.
function dateValue(input: unknown): number {
  try {
    return Date.prototype.getTime.call(input);
  } catch {
    return Number.NaN;
  }
}

/** False for days such as 30 February, which `Date.parse` takes for a day in March. */
function isCalendarDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}

function fromNumber(value: number): number {
  return Number.isFinite(value) ? Math.floor(value >= MILLISECONDS_FROM ? value / 1000 : value) : Number.NaN;
}

/** The one spelling that `Date.parse` reads alike everywhere, to the second; ISO 8601 also allows `+02`, `+0200` and a comma. */
function toStrictIso(text: string): string {
  return text
    .toUpperCase()
    .replace(' ', 'T')
    .replace(/[.,]\d+/, '')
    .replace(
      /([+-]\d{2})(?::?(\d{2}))?$/,
      (_, hours: string, minutes: string | undefined) => `${hours}:${minutes ?? '00'}`,
    );
}
