/** Something about the call itself is wrong: the message is for the person at the terminal, the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
