import { expect, it } from 'vitest';
import { inCommandLineWords, storedInCommandLineWords } from '../../src/cli/command-line-words.js';
import { describeReasons } from '../../src/cli/failure-reason.js';
import { describeTrouble } from '../../src/cli/record-trouble.js';
import { parseTimestamp } from '../../src/contract/timestamp.js';
import type { Hold } from '../../src/delivery/authentication-hold.js';
import { holdRemedy, refusalError } from '../../src/delivery/refusal-error.js';
import { ValidationError } from '../../src/errors.js';

function heldFor(code: 'authentication' | 'bad_request'): string {
  const hold = { refusals: 5, code, endsAt: performance.now() + 60_000 } as Hold;
  return describeTrouble(refusalError({ kind: 'hold', hold }, { projectId: 'P-1' }));
}

it('says of a project on hold what to do at the command line, and names no call', () => {
  expect(heldFor('authentication')).toMatch(
    /^project P-1 is on hold, as its credentials were refused 5 times in a row: put its new credentials where they are read from, and run the command again; it is tried again in \d+ s$/,
  );
  expect(heldFor('bad_request')).toMatch(
    /: ask CleverTap to whitelist the partner name, and run the command again then; /,
  );
});

it('names no command to be run again of what an outbox holds, which another program may have stored', () => {
  const remedies = ['authentication', 'bad_request'] as const;
  for (const code of remedies)
    expect(storedInCommandLineWords(`it was refused: ${holdRemedy(code)}; x`)).toMatch(
      /^it was refused: (?:put its new credentials where they are read from|ask CleverTap to whitelist the partner name); x$/,
    );
});

it('names options as they are given at the command line, and leaves all other words alone', () => {
  const message = 'gave up after 2 attempts: 9 s, longer than the 5 s left of deadlineMs';
  expect(inCommandLineWords(message)).toBe('gave up after 2 attempts: 9 s, longer than the 5 s left of --deadline');
  expect(inCommandLineWords('the answer was 401: no such token')).toBe('the answer was 401: no such token');
});

it('names no notation of a timestamp that no file can hold, where the mistake is told or counted', () => {
  const error = new ValidationError('event', [{ path: ['timestamp'], message: problemOf('yesterday') }]);
  const told = 'timestamp: must be epoch seconds, epoch milliseconds or an ISO 8601 text with an offset';
  expect(describeTrouble(error)).toContain(told);
  expect(describeReasons('rejected', error)).toEqual([expect.stringContaining(told)]);
});

function problemOf(timestamp: string): string {
  const parsed = parseTimestamp(timestamp, Date.now());
  return 'problem' in parsed ? parsed.problem : '';
}
