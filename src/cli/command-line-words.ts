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

/** A message of the library in the words of the command line: with its options, and without calls that only code can make. */
export function inCommandLineWords(message: string): string {
  return WORDS.reduce((text, [inLibrary, onCommandLine]) => text.replaceAll(inLibrary, onCommandLine), message);
}
