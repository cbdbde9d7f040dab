/** The `timestamp` parameter: epoch seconds on the wire, several notations on the way in. */

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

const NOTATIONS = 'a Date, epoch seconds, epoch milliseconds or an ISO 8601 string with an offset';

/** Epoch seconds, or what is wrong with the input. `nowMs` bounds how far ahead an event may lie (24 hours). */
export function parseTimestamp(input: unknown, nowMs: number): { seconds: number } | { problem: string } {
  const seconds = toEpochSeconds(input);
  if (Number.isNaN(seconds)) return { problem: `must be ${NOTATIONS}` };
  if (seconds < EARLIEST_SECONDS) return { problem: 'lies before the year 2000' };
  if (seconds > nowMs / 1000 + MAX_AHEAD_SECONDS) return { problem: 'lies more than 24 hours ahead' };
  return { seconds };
}

/** The current moment as the wire wants it. */
export function stampNow(nowMs: number): number {
  return Math.floor(nowMs / 1000);
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

/** The one spelling that `Date.parse` reads alike everywhere; ISO 8601 also allows `+02`, `+0200` and a comma. */
function toStrictIso(text: string): string {
  return text
    .toUpperCase()
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(
      /([+-]\d{2})(?::?(\d{2}))?$/,
      (_, hours: string, minutes: string | undefined) => `${hours}:${minutes ?? '00'}`,
    )
    .replace(/\.(\d{1,3})\d*/, '.$1');
}
