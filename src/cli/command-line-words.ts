import { holdRemedy } from '../delivery/refusal-error.js';

/** What the library's messages name, and what it is on the command line. */
const WORDS: readonly (readonly [inLibrary: string, onCommandLine: string])[] = [
  [holdRemedy('authentication'), 'put its new credentials where they are read from, and run the command again'],
  [holdRemedy('bad_request'), 'ask CleverTap to whitelist the partner name, and run the command again then'],
  ['whenMaybeRecorded is "stop"', '--at-most-once was given'],
  ['requireConfirmation', '--require-confirmation'],
  ['deadlineMs', '--deadline'],
  ['set allowInsecureHttp', 'give --allow-insecure-http'],
  // Which no file can hold.
  ['a Date, epoch seconds', 'epoch seconds'],
];

/** The same of what an outbox holds: another program may have stored it, and what to run then is said beside it. */
const STORED_WORDS: typeof WORDS = [
  [holdRemedy('authentication'), 'put its new credentials where they are read from'],
  [holdRemedy('bad_request'), 'ask CleverTap to whitelist the partner name'],
  ...WORDS,
];

/** A message of the library in the words of the command line: with its options, and without calls that only code can make. */
export function inCommandLineWords(message: string): string {
  return replaceWords(message, WORDS);
}

/** A reason that an outbox holds, in the words of the command line. */
export function storedInCommandLineWords(message: string): string {
  return replaceWords(message, STORED_WORDS);
}

function replaceWords(message: string, words: typeof WORDS): string {
  return words.reduce((text, [inLibrary, onCommandLine]) => text.replaceAll(inLibrary, onCommandLine), message);
}
