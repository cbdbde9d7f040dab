const DELAY_SECONDS = /^\d{1,10}$/;
// IMF-fixdate, RFC 850 and asctime: the three date formats of RFC 9110, section 5.6.7.
const IMF_FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2}) (\d{4})$/;

/**
 * How long a `Retry-After` header asks to wait from now on, in milliseconds; undefined if it cannot be read.
 *
 * A date in the past is 0.
 */
export function parseRetryAfter(header: string, nowMs: number): number | undefined {
  const text = header.trim();
  if (DELAY_SECONDS.test(text)) return Number(text) * 1000;
  const at = parseHttpDate(text, nowMs);
  return at === undefined ? undefined : Math.max(0, at - nowMs);
}

function parseHttpDate(text: string, nowMs: number): number | undefined {
  if (IMF_FIXDATE.test(text)) return toTime(text);
  const rfc850 = RFC_850.exec(text);
  if (rfc850 !== null) {
    const [, day, month, year, time] = rfc850;
    return toTime(`${day} ${month} ${fullYear(Number(year), nowMs)} ${time} GMT`);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return undefined;
  const [, month, day, time, year] = asctime;
  return toTime(`${day} ${month} ${year} ${time} GMT`);
}

/** A two-digit year more than 50 years ahead means the past century (RFC 9110). */
function fullYear(twoDigits: number, nowMs: number): number {
  const current = new Date(nowMs).getUTCFullYear();
  const year = current - (current % 100) + twoDigits;
  return year > current + 50 ? year - 100 : year;
}

function toTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
