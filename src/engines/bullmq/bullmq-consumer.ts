import type { Job, RedisClient, RedisOptions, RedisQueueBackend, Worker } from 'bullmq';
import { ClosedError, StorageError } from '../../errors.js';
import type {
  Consumer,
  ConsumeOptions,
  ConsumerReport,
  DeliveryHandler,
  Outcome,
  QueueDelivery,
} from '../../outbox/queue.js';
import { AgeIndex } from './age-index.js';
import type { ResolvedBullmqOptions } from './bullmq-options.js';
import { DISCONNECT_TIMEOUT_MS, endConnection, silence } from './end-connection.js';
import { itemIdOf } from './job-id.js';
import type { Bullmq } from './load-bullmq.js';
import { commandsOf } from './redis-commands.js';
import { redisFailure } from './redis-failure.js';
import { UNLIMITED, type StoredData } from './stored-job.js';
import { withinTime } from './time-limit.js';

type StoredJob = Job<StoredData, unknown>;
type StoredWorker = Worker<StoredData, unknown>;

/** What becomes of a job whose handler did not end in time, or rejected. */
type Unsettled = { readonly kind: 'hand back' } | { readonly kind: 'rejected' };

/** How long the last exchanges with Redis may take once the handlers have ended or been given up. */
const FAREWELL_MS = 500;
/** How long a worker may take to end that has lost its connections. */
const ENDING_MS = 250;
const DEFAULT_STOP_MS = 30_000;

/** What a consumer is made of. */
export interface ConsumerParts {
  readonly bullmq: Bullmq;
  readonly handler: DeliveryHandler;
  readonly consume: ConsumeOptions;
  readonly queue: ResolvedBullmqOptions;
  /** Fires when the queue closes: a consumer that is only connecting then gives up at once. */
  readonly end: AbortSignal;
}

/**
 * Starts a BullMQ worker that hands jobs to the handler.
 *
 * @throws {StorageError} if Redis cannot be reached.
 */
export async function startConsumer(parts: ConsumerParts): Promise<BullmqConsumer> {
  const consumer = new BullmqConsumer(parts);
  await consumer.start();
  return consumer;
}

/** A worker, and the items that are out with it. */
export class BullmqConsumer implements Consumer {
  readonly #parts: ConsumerParts;
  readonly #worker: StoredWorker;
  readonly #backend: RedisQueueBackend;
  readonly #ages: AgeIndex;
  /** For each lease that is out: gives up waiting for its handler. */
  readonly #giveUp = new Map<string, () => void>();
  /** Leases that were out when the stop was asked for, and whose outcome Redis has not heeded yet. */
  #unsettled = new Set<string>();
  /** Its own connection, and the one that it waits on for jobs; none before they stood for the first time. */
  #clients: readonly RedisClient[] = [];
  #delivered: string[] = [];
  #settled = 0;
  #stopping: Promise<ConsumerReport> | undefined;
  #idle: (() => void) | undefined;

  constructor(parts: ConsumerParts) {
    const { bullmq, consume, queue } = parts;
    this.#parts = parts;
    const worker = new bullmq.Worker<StoredData, unknown>(
      queue.name,
      (job: StoredJob, token?: string) => this.#process(job, token ?? ''),
      {
        prefix: queue.prefix,
        connection: waitingForRedis(queue.connection),
        autorun: false,
        concurrency: consume.concurrency,
        lockDuration: consume.leaseMs,
        stalledInterval: Math.min(30_000, consume.leaseMs),
        maxStalledCount: UNLIMITED,
        runRetryDelay: 1_000,
      },
    );
    this.#worker = worker;
    this.#backend = worker.getBackend();
    this.#ages = new AgeIndex(this.#backend);
    worker.on('error', (error) => this.#report('deliver events', error));
    worker.on('completed', (job) => this.#heeded(job.token ?? '', job.id ?? ''));
  }

  /** Connects and begins to hand out. */
  async start(): Promise<void> {
    const { queue, end } = this.#parts;
    try {
      await withinTime(this.#worker.waitUntilReady(), queue.timeoutMs, end);
      this.#clients = await Promise.all([this.#backend.client, this.#backend.blockingClient ?? this.#backend.client]);
      this.#clients.forEach(silence);
    } catch (error) {
      await this.#closed(this.#worker.close(true), FAREWELL_MS);
      if (end.aborted) throw new ClosedError('could not consume events: the queue is closed');
      throw redisFailure('consume events', error, queue.connection);
    }
    this.#worker.run().catch((error: unknown) => this.#report('deliver events', error));
  }

  wake(): void {
    // Nothing was held back: limits are not asked for here.
  }

  stop({ timeoutMs = DEFAULT_STOP_MS }: { readonly timeoutMs?: number } = {}): Promise<ConsumerReport> {
    return (this.#stopping ??= this.#stop(timeoutMs));
  }

  async #stop(timeoutMs: number): Promise<ConsumerReport> {
    this.#unsettled = new Set(this.#giveUp.keys());
    const end = Date.now() + timeoutMs;
    // Fetches nothing more from now on, and waits for the jobs that are out.
    const closing = this.#worker.close();
    await this.#handlersEnd(timeoutMs);
    const handedBack = this.#giveUp.size;
    for (const giveUp of this.#giveUp.values()) giveUp();
    await this.#closed(closing, this.#farewellMs(end - Date.now()));
    return { settled: this.#settled, handedBack };
  }

  async #handlersEnd(timeoutMs: number): Promise<void> {
    if (this.#giveUp.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    await withinTime(idle, timeoutMs).catch(() => undefined);
  }

  /** How long to wait for what Redis is still to be told: no longer than the stop may take, unless Redis is there to hear it. */
  #farewellMs(leftMs: number): number {
    const isAway = this.#clients[0]?.status !== 'ready';
    const waitMs = this.#unsettled.size === 0 ? 0 : Math.max(0, leftMs);
    return isAway ? waitMs : Math.max(FAREWELL_MS, waitMs);
  }

  /** Waits for what the worker still has to tell Redis; breaks its connections if that takes too long. */
  async #closed(closing: Promise<void>, timeMs: number): Promise<void> {
    await withinTime(closing, timeMs).catch(() => undefined);
    for (const client of this.#clients) if (client.status !== 'end') endConnection(client);
    // Whatever waited for them is rejected now, so that the worker comes to its end.
    await withinTime(closing, ENDING_MS).catch(() => undefined);
  }

  async #process(job: StoredJob, token: string): Promise<void> {
    const { DelayedError, WaitingError } = this.#parts.bullmq;
    // Fetched while the stop was asked for.
    if (this.#stopping !== undefined) {
      await this.#settle(job, token, { kind: 'hand back' });
      throw new WaitingError();
    }
    const outcome = await this.#outcomeOf(job, token);
    if (outcome.kind === 'delivered') return;
    await this.#settle(job, token, outcome);
    // How BullMQ is told that the job has been moved already, or is to be left to its lease.
    throw new DelayedError();
  }

  /** What the handler says, or that it was given up. */
  async #outcomeOf(job: StoredJob, token: string): Promise<Outcome | Unsettled> {
    const delivery = deliveryOf(job);
    try {
      return await new Promise<Outcome | Unsettled>((resolve) => {
        this.#giveUp.set(token, () => resolve({ kind: 'hand back' }));
        this.#parts.handler(delivery).then(resolve, () => resolve({ kind: 'rejected' }));
      });
    } finally {
      this.#giveUp.delete(token);
      if (this.#giveUp.size === 0) this.#idle?.();
    }
  }

  /** Moves a job where its outcome says. Redis heeds it only under the lease that the job was handed out with. */
  async #settle(job: StoredJob, token: string, outcome: Exclude<Outcome, { kind: 'delivered' }> | Unsettled) {
    const id = job.id ?? '';
    const { payload } = job.data;
    try {
      switch (outcome.kind) {
        case 'hand back':
          await this.#backend.moveJobFromActiveToWait(id, token);
          return;
        case 'rejected':
          await this.#delay(id, token, Date.now() + this.#parts.consume.leaseMs, {
            failedReason: 'its handler rejected',
          });
          break;
        case 'retry': {
          const { failingSince } = outcome;
          const data: StoredData = { payload, ...(failingSince === undefined ? {} : { failingSince }) };
          await this.#delay(id, token, outcome.at, { data: JSON.stringify(data), failedReason: outcome.reason });
          break;
        }
        case 'dead': {
          // Whoever replays it wants it tried anew, not at once given up for its age.
          const fields = { data: JSON.stringify({ payload }), failedReason: outcome.reason, stacktrace: '[]' };
          await this.#backend.moveToFailed(job, outcome.reason, false, token, false, fields);
          break;
        }
      }
      this.#heeded(token, outcome.kind === 'dead' ? id : undefined);
    } catch (error) {
      // Left to its lease: whoever has the next one decides anew.
      this.#report('settle an event', error);
    }
  }

  async #delay(id: string, token: string, at: number, fieldsToUpdate: Record<string, string>): Promise<void> {
    const now = Date.now();
    await this.#backend.moveToDelayed(id, now, Math.max(0, at - now), token, { skipAttempt: true, fieldsToUpdate });
  }

  /** Notes that Redis has heeded an outcome; with a job id, that the job waits for nothing any more. */
  #heeded(token: string, overJobId?: string): void {
    if (this.#unsettled.delete(token)) this.#settled += 1;
    if (overJobId === undefined) return;
    if (this.#delivered.push(overJobId) === 1) setImmediate(() => void this.#forgetDelivered());
  }

  async #forgetDelivered(): Promise<void> {
    const jobIds = this.#delivered;
    this.#delivered = [];
    try {
      await this.#ages.forget(await commandsOf(this.#backend), jobIds);
    } catch {
      // Whoever asks for the oldest event drops what is left of them.
    }
  }

  #report(action: string, error: unknown): void {
    const failure = redisFailure(action, error, this.#parts.queue.connection);
    this.#parts.consume.onTrouble?.(failure);
    try {
      this.#parts.queue.onError(failure instanceof StorageError ? failure : new StorageError(failure.message));
    } catch {
      // The events are not affected.
    }
  }
}

function waitingForRedis(connection: RedisOptions): RedisOptions {
  return {
    ...connection,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
    // An outcome waits until Redis is there again; if its lease has ended by then, it is not heeded.
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
  };
}

function deliveryOf(job: StoredJob): QueueDelivery {
  return {
    id: itemIdOf(job.id ?? '') ?? job.id ?? '',
    // Of one with a name, its job stays for a while once it is done.
    named: job.opts.removeOnComplete !== true,
    partition: job.name,
    payload: job.data.payload,
    deliveries: job.attemptsStarted - 1,
    addedAt: job.timestamp,
    failingSince: job.data.failingSince,
  };
}
