/**
 * Trouble with a file, a disk, a corrupt archive while the program runs: the person can do something about it, a stack does
 * not help. The exit code is 1.
 */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(action: 'read' | 'write', path: string, cause: unknown) {
    super(`cannot ${action} ${path}: ${describeFileTrouble(cause)}`, { cause });
  }
}

/** What the system, or the unpacker, has to say about a file, in short. */
export function describeFileTrouble(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code, message } = error as NodeJS.ErrnoException;
  // `ENOSPC: no space left on device, write '/path'`
  const words = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1] ?? message;
  return code === undefined ? words : `${words} (${code})`;
}
