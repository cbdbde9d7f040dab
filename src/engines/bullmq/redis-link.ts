import type { Queue as BullQueue, RedisOptions, RedisQueueBackend } from 'bullmq';
import { ClosedError } from '../../errors.js';
import type { ResolvedBullmqOptions } from './bullmq-options.js';
import { checkDurability } from './durability-check.js';
import { DISCONNECT_TIMEOUT_MS, endConnection, silence } from './end-connection.js';
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
  readonly #end: AbortSignal;
  #opened: Promise<OpenedRedis> | undefined;

  /** @param end Fires when the queue closes: what is only being opened then is given up at once. */
  constructor(options: ResolvedBullmqOptions, end: AbortSignal) {
    this.#options = options;
    this.#end = end;
  }

  /**
   * Runs a step on the open connection. A step is one exchange with Redis: what comes after it must be a step of its own,
   * so that nothing is sent for a call that has been given up.
   *
   * @param action What is done, as in "could not store events".
   */
  async run<T>(action: string, step: (redis: OpenedRedis) => Promise<T>): Promise<T> {
    const { connection, timeoutMs } = this.#options;
    try {
      this.#refuseIfClosed(action);
      const redis = await (this.#opened ??= this.#open());
      return await withinTime(step(redis), timeoutMs);
    } catch (error) {
      this.#refuseIfClosed(action);
      throw redisFailure(action, error, connection);
    }
  }

  /** Lets go of the connection, once the signal has fired; nothing runs any more. */
  async close(): Promise<void> {
    const redis = await this.#opened?.catch(() => undefined);
    if (redis !== undefined) await closeQueue(redis.queue, redis.commands);
  }

  #refuseIfClosed(action: string): void {
    if (this.#end.aborted) throw new ClosedError(`could not ${action}: the queue is closed`);
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
      let commands: RedisCommands | undefined;
      try {
        commands = await withinTime(commandsOf(backend), timeoutMs, this.#end);
        silence(commands);
        await withinTime(checkDurability(commands, redisHostOf(connection), durability), timeoutMs, this.#end);
        return { bullmq, queue, backend, commands };
      } catch (error) {
        await closeQueue(queue, commands);
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
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    commandTimeout: timeoutMs,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    // A call that cannot be sent, or whose connection breaks, fails at once; it is the caller who decides what comes then.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  };
}

/** How long Redis may take to say goodbye, in milliseconds. */
const FAREWELL_MS = 250;

/** Closes a queue and its connection, if it ever had one; one that never connected BullMQ gives up by itself. */
async function closeQueue(queue: BullQueue<StoredData, unknown>, commands: RedisCommands | undefined): Promise<void> {
  const closing = queue.close().catch(() => undefined);
  await withinTime(closing, FAREWELL_MS).catch(() => undefined);
  // BullMQ leaves one that is away to connect again.
  if (commands !== undefined && commands.status !== 'end') endConnection(commands);
}
