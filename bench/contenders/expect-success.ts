/**
 * Checks that an answer says that the event was taken.
 *
 * @throws {Error} if it does not.
 */
export function expectSuccess(answer: unknown): void {
  const { status } = answer as { status?: unknown };
  if (status !== 'success') throw new Error(`not delivered: ${JSON.stringify(answer)}`);
}
