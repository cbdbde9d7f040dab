import type { Queue as BullQueue, RedisOptions, RedisQueueBackend } from 'bullmq';
import { ClosedError } from '../../errors.js';
import type { ResolvedBullmqOptions } from './bullmq-options.js';
import { checkDurability } from './durability-check.js';
import { loadBullmq, type Bullmq } from './load-bullmq.js';
import { commandsOf, type RedisCommands } from './redis-commands.js';
import { redisFailure, redisHostOf } from './redis-failure.js';
import type { StoredData } from './stored-job.js';
import { withinTime } from './time-limit.js';

/** A connection that stands, and BullMQ on it. */
export interface OpenedRedis {
  readonly bullmq: Bullmq;
  readonly queue: BullQueue<StoredData, unknown>;
  readonly backend: RedisQueueBackend;
  readonly commands: RedisCommands;
}

/**
 * The connection for everything but consuming. It opens with the first call, comes back by itself, and never lets a call
 * wait for Redis longer than `timeoutMs`; what was refused is not sent later.
 */
export class RedisLink {
  readonly #options: ResolvedBullmqOptions;
  #opened: Promise<OpenedRedis> | undefined;
  #closed = false;

  constructor(options: ResolvedBullmqOptions) {
    this.#options = options;
  }

  /**
   * Runs a step on the open connection. A step is one exchange with Redis: what comes after it must be a step of its own,
   * so that nothing is sent for a call that has been given up.
   *
   * @param action What is done, as in "could not store events".
   */
  async run<T>(action: string, step: (redis: OpenedRedis) => Promise<T>): Promise<T> {
    if (this.#closed) throw new ClosedError(`could not ${action}: the queue is closed`);
    const { connection, timeoutMs } = this.#options;
    try {
      const redis = await (this.#opened ??= this.#open());
      return await withinTime(step(redis), timeoutMs);
    } catch (error) {
      throw redisFailure(action, error, connection);
    }
  }

  /** Lets go of the connection; nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    const redis = await this.#opened?.catch(() => undefined);
    if (redis !== undefined) await closeQueue(redis.queue, redis.commands);
  }

  async #open(): Promise<OpenedRedis> {
    const { name, prefix, connection, timeoutMs, durability } = this.#options;
    try {
      const bullmq = await loadBullmq();
      const queue = new bullmq.Queue<StoredData, unknown>(name, {
        prefix,
        connection: failingFast(connection, timeoutMs),
      });
      let lastError: unknown;
      queue.on('error', (error) => {
        lastError = error;
      });
      const backend = queue.getBackend();
      try {
        const commands = await withinTime(commandsOf(backend), timeoutMs);
        await withinTime(checkDurability(commands, redisHostOf(connection), durability), timeoutMs);
        return { bullmq, queue, backend, commands };
      } catch (error) {
        await closeQueue(queue);
        // Why it could not connect says more than that it took too long.
        throw lastError ?? error;
      }
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }
}

function failingFast(connection: RedisOptions, timeoutMs: number): RedisOptions {
  return {
    ...connection,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    // A call that cannot be sent, or whose connection breaks, fails at once; it is the caller who decides what comes then.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  };
}

/** Closes a queue; without answer from Redis it breaks the connection instead. */
async function closeQueue(queue: BullQueue<StoredData, unknown>, commands?: RedisCommands): Promise<void> {
  const closing = queue.close().catch(() => undefined);
  try {
    await withinTime(closing, 1_000);
  } catch {
    commands?.disconnect();
  }
}
