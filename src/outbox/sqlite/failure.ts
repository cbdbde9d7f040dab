import { toSingleLine } from '../../contract/text.js';
import { OverflowError, StorageError } from '../../errors.js';
import { adviceOn, troubleKindOf } from './sqlite-trouble.js';

/** A failure as it crosses from the worker thread: plain data. */
export interface Failure {
  readonly kind: 'overflow' | 'storage';
  readonly message: string;
  /** Of the partition that has used up its share. */
  readonly projectId?: string | undefined;
}

/** Thrown within the worker thread where it is known what to say. */
export class StoreFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What to tell of an error that came up while something was done. */
export function describeFailure(error: unknown, doing: string): Failure {
  if (error instanceof StoreFailure) return error.failure;
  const kind = troubleKindOf(error);
  // SQLite repeats what stands in the file, whatever that is.
  const words = toSingleLine(error instanceof Error ? error.message : String(error));
  return {
    kind: kind === 'full' ? 'overflow' : 'storage',
    message: `the outbox file could not be ${doing}: ${words}. ${adviceOn(kind)}`,
  };
}

/** The error that users see. */
export function toError({ kind, message, projectId }: Failure): OverflowError | StorageError {
  return kind === 'overflow' ? new OverflowError(message, { projectId }) : new StorageError(message);
}
