import { z } from 'zod';
import { validate } from '../../contract/validate.js';
import type { DriverName } from './driver-choice.js';

/** Options of `sqliteQueue`. */
export interface SqliteQueueOptions {
  /** The file, on a local disk; made if it is not there. Beside it lie one with `-wal` and one with `-shm` at its end. */
  readonly path: string;
  /** Events that may be stored, dead letters included. @default 1000000 */
  readonly maxEvents?: number | undefined;
  /** Bytes of the file that may be in use; its write-ahead log takes some 16 MiB more. @default 1073741824 (1 GiB) */
  readonly maxBytes?: number | undefined;
  /**
   * The part of both bounds that one project may fill, so that there is room left for others when one is in trouble: above 0,
   * up to 1. With a single project, 1 gives it all. @default 0.5
   */
  readonly maxShare?: number | undefined;
  /**
   * How long the id of an event that was delivered, or discarded, is known again if you chose it, in milliseconds; 0 not to. Where space runs out, the
   * oldest are forgotten first. @default 86400000 (a day)
   */
  readonly rememberMs?: number | undefined;
  /** How often to look for what other processes have stored, in milliseconds; one's own is seen at once. @default 500 */
  readonly pollMs?: number | undefined;
  /** How long to wait while other processes write, in milliseconds, before a call rejects. @default 10000 */
  readonly lockTimeoutMs?: number | undefined;
  /** The SQLite driver to use. @default the first of node:sqlite, better-sqlite3 and @photostructure/sqlite that fits */
  readonly driver?: DriverName | undefined;
}

/** `SqliteQueueOptions` with the defaults filled in. */
export interface ResolvedSqliteQueueOptions {
  readonly path: string;
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxShare: number;
  readonly rememberMs: number;
  readonly pollMs: number;
  readonly lockTimeoutMs: number;
  readonly driver?: DriverName | undefined;
}

const MIN_BYTES = 256 * 1024;

const path = z
  .string({ error: 'is required: the path of the file' })
  .refine((value) => value.trim() !== '', { error: 'is required: the path of the file' })
  .refine((value) => !value.includes('\0'), { error: 'must not hold a NUL character' })
  .refine((value) => !/^:memory:$|^file:/.test(value), {
    error: 'must be the path of a file, not a URI or :memory:, which would keep nothing',
  });

const shape = {
  path,
  maxEvents: wholeNumber(1).default(1_000_000),
  maxBytes: wholeNumber(MIN_BYTES).default(1024 ** 3),
  maxShare: z
    .number({ error: 'must be a number above 0, up to 1' })
    .gt(0, { error: 'must be above 0' })
    .max(1, { error: 'must be at most 1' })
    .default(0.5),
  rememberMs: wholeNumber(0).default(86_400_000),
  pollMs: wholeNumber(1)
    .max(2 ** 31 - 1, { error: 'must be less than 2^31 milliseconds' })
    .default(500),
  lockTimeoutMs: wholeNumber(0)
    .max(2 ** 31 - 1, { error: 'must be less than 2^31 milliseconds' })
    .default(10_000),
  driver: z
    .enum(['node:sqlite', 'better-sqlite3', '@photostructure/sqlite'], {
      error: 'must be "node:sqlite", "better-sqlite3" or "@photostructure/sqlite"',
    })
    .optional(),
};

const schema = z.strictObject(shape, {
  // What zod says of unknown keys stays.
  error: ({ code }) =>
    code === 'invalid_type'
      ? "must be an object that names the file, as in sqliteQueue({ path: 'outbox.db' })"
      : undefined,
});

function wholeNumber(least: number) {
  const error = `must be a whole number, at least ${least}`;
  return z.int({ error }).min(least, { error });
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong at once.
 */
export function resolveSqliteQueueOptions(options: unknown): ResolvedSqliteQueueOptions {
  return Object.freeze(validate(schema, options, 'options'));
}
