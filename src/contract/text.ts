/** Rules about plain text that several fields of the protocol share. */

// What native trim() leaves, though it comes along when text is copied from a web page: zero-width and direction marks.
function isInvisible(code: number): boolean {
  return (code >= 0x200b && code <= 0x200f) || code === 0x2060 || code === 0x180e || code === 0x00ad;
}

/** Removes white space at both ends, non-breaking and zero-width spaces included. Linear in the length. */
export function trimSpaces(text: string): string {
  let trimmed = text.trim();
  while (
    trimmed !== '' &&
    (isInvisible(trimmed.charCodeAt(0)) || isInvisible(trimmed.charCodeAt(trimmed.length - 1)))
  ) {
    let start = 0;
    let end = trimmed.length;
    // Beyond its ends a text has NaN, which ends each loop.
    while (isInvisible(trimmed.charCodeAt(start))) start += 1;
    while (isInvisible(trimmed.charCodeAt(end - 1))) end -= 1;
    trimmed = trimmed.slice(start, end).trim();
  }
  return trimmed;
}

const CONTROL_CHARACTER = /[\p{Cc}\u2028\u2029]/u;
// Marks that turn the direction of writing among them: they show a line in another order than it has.
const NOT_ON_A_LINE = /[\p{Cc}\u2028-\u202e\u2066-\u2069\s]+/gu;

/** Whether a text holds a control character or a line separator. */
export function hasControlCharacter(text: string): boolean {
  return CONTROL_CHARACTER.test(text);
}

/** A foreign text on one line, without control characters and direction marks and of bounded length, fit for a message or a log. */
export function toSingleLine(text: string, maxLength = 300): string {
  const line = text
    .slice(0, maxLength * 4)
    .replace(NOT_ON_A_LINE, ' ')
    .trim()
    .toWellFormed();
  return line.length > maxLength ? `${line.slice(0, maxLength).toWellFormed()}…` : line;
}
