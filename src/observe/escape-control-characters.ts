// Control characters and line separators, which forge lines of a log or drive a terminal; and marks that change the
// direction of writing, which make a line read as what it is not.
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const MAX_LENGTH = 500;

/**
 * A foreign text fit for a log: what is not to be printed stands as `\u000a`, and what is longer than 500 characters is
 * cut off.
 */
export function escapeControlCharacters(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.toWellFormed().replace(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
