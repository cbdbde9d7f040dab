import type { RedisOptions } from 'bullmq';
import { ValidationError, type StorageError, type ValidationIssue } from '../../errors.js';
import { unknownKeys } from '../../forward/unknown-keys.js';

/** What to do where Redis is not set up to keep what it has acknowledged. */
export type DurabilityPolicy = 'require' | 'warn' | 'trust';

/** How to keep events in Redis. */
export interface BullmqQueueOptions {
  /**
   * Where Redis is: a URL (`redis://user:password@host:6379/0`, `rediss://` for TLS) or the options of ioredis. The engine
   * opens connections of its own and sets how they queue, retry and time out. A cluster is not supported.
   */
  readonly connection: string | RedisOptions;
  /** Name of the BullMQ queue; all processes of one outbox use the same. @default 'clevertap-attribution' */
  readonly name?: string | undefined;
  /** What BullMQ's keys in Redis start with. @default 'bull' */
  readonly prefix?: string | undefined;
  /**
   * Events that may be stored at most, dead letters included; more are refused. Each process counts before it writes, so
   * that several of them may go over it by what they store at the same moment. @default 1000000
   */
  readonly maxEvents?: number | undefined;
  /**
   * How long the id of a delivered event is remembered if the caller chose it, in milliseconds: within that time the same
   * id is a duplicate. Its event stays in Redis as long; 0 remembers none. @default 86400000 (a day)
   */
  readonly duplicateRetentionMs?: number | undefined;
  /** How long a call waits for Redis before it rejects, in milliseconds. @default 5000 */
  readonly timeoutMs?: number | undefined;
  /**
   * What to do where Redis would lose events that it has acknowledged (`appendonly yes`, `appendfsync always` and
   * `maxmemory-policy noeviction` are asked for when the first connection opens): `require` refuses to work, and warns
   * where the server does not let itself be asked; `warn` warns and works on; `trust` does not ask. @default 'require'
   */
  readonly durability?: DurabilityPolicy | undefined;
  /**
   * Called when a consumer has trouble that no call reports: Redis is away, or an outcome came after its lease had ended.
   * Called for each attempt to connect again; what it throws is ignored.
   */
  readonly onError?: ((error: StorageError) => void) | undefined;
}

/** The options with every default filled in. */
export interface ResolvedBullmqOptions {
  readonly connection: RedisOptions;
  readonly name: string;
  readonly prefix: string;
  readonly maxEvents: number;
  readonly duplicateRetentionMs: number;
  readonly timeoutMs: number;
  readonly durability: DurabilityPolicy;
  readonly onError: (error: StorageError) => void;
}

const KEYS: readonly (keyof BullmqQueueOptions)[] = [
  'connection',
  'name',
  'prefix',
  'maxEvents',
  'duplicateRetentionMs',
  'timeoutMs',
  'durability',
  'onError',
];

const POLICIES: readonly DurabilityPolicy[] = ['require', 'warn', 'trust'];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {ValidationError} with everything that is wrong.
 */
export function resolveBullmqOptions(options: BullmqQueueOptions): ResolvedBullmqOptions {
  if (!isObject(options)) {
    throw new ValidationError('bullmqQueue options', [
      {
        path: [],
        message: "must be an object that says where Redis is, as in { connection: 'redis://127.0.0.1:6379' }",
      },
    ]);
  }
  const resolved = {
    connection: typeof options.connection === 'string' ? { url: options.connection } : { ...options.connection },
    name: options.name ?? 'clevertap-attribution',
    prefix: options.prefix ?? 'bull',
    maxEvents: options.maxEvents ?? 1_000_000,
    duplicateRetentionMs: options.duplicateRetentionMs ?? 86_400_000,
    timeoutMs: options.timeoutMs ?? 5_000,
    durability: options.durability ?? 'require',
    onError: options.onError ?? (() => undefined),
  };
  const issues = [
    ...unknownKeys(options, KEYS, 'the options'),
    ...connectionIssues(options.connection, resolved.connection),
    ...issueUnless(resolved.name !== '' && !resolved.name.includes(':'), 'name', 'must not be empty nor hold a colon'),
    ...issueUnless(resolved.prefix !== '', 'prefix', 'must not be empty'),
    ...issueUnless(isWhole(resolved.maxEvents, 1), 'maxEvents', 'must be a whole number of at least 1'),
    ...issueUnless(
      isWhole(resolved.duplicateRetentionMs, 0),
      'duplicateRetentionMs',
      'must be a whole number of milliseconds, 0 or more',
    ),
    ...issueUnless(isWhole(resolved.timeoutMs, 1), 'timeoutMs', 'must be a whole number of milliseconds, 1 or more'),
    ...issueUnless(typeof resolved.onError === 'function', 'onError', 'must be a function'),
    ...issueUnless(POLICIES.includes(resolved.durability), 'durability', `must be one of ${POLICIES.join(', ')}`),
  ];
  if (issues.length > 0) throw new ValidationError('bullmqQueue options', issues);
  return Object.freeze(resolved);
}

function connectionIssues(given: unknown, { url, keyPrefix }: RedisOptions): ValidationIssue[] {
  if (given === undefined || given === null) {
    return [{ path: ['connection'], message: 'is required: a redis:// or rediss:// URL, or the options of ioredis' }];
  }
  return [
    ...issueUnless(
      url === undefined || (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)),
      'connection',
      'must be a redis:// or rediss:// URL, or the options of ioredis',
    ),
    ...issueUnless(keyPrefix === undefined, 'connection.keyPrefix', 'does not work with BullMQ; set prefix instead'),
  ];
}

function issueUnless(fine: boolean, path: string, message: string): ValidationIssue[] {
  return fine ? [] : [{ path: path.split('.'), message }];
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isWhole(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}
