import type { OpenedRedis } from './redis-link.js';
import { answersOf, scoredMembersOf, type RedisBatch, type RedisCommands } from './redis-commands.js';

// Job ids hold no colon, so this is no job's key.
const KEY = 'outbox:added';
const PAGE = 100;

/**
 * When each event that is not delivered was stored: BullMQ sorts by the time an event is due, so that the oldest one would
 * otherwise be found only by reading them all. Entries may outlive their event; the reader drops those.
 */
export class AgeIndex {
  readonly #keyOf: (type: string) => string;

  constructor(backend: { toKey(type: string): string }) {
    this.#keyOf = (type) => backend.toKey(type);
  }

  /** Notes when an event was stored, within the batch that stores it. */
  noteIn(batch: RedisBatch, jobId: string, addedAt: number): void {
    batch.zadd(this.#keyOf(KEY), 'NX', addedAt, jobId);
  }

  /** Forgets events that wait for nothing any more. */
  async forget(commands: RedisCommands, jobIds: readonly string[]): Promise<void> {
    await commands.call('ZREM', this.#keyOf(KEY), ...jobIds);
  }

  /** When the oldest event that waits or is out was stored; undefined if there is none. */
  async oldest({ commands }: OpenedRedis): Promise<number | undefined> {
    for (;;) {
      const page = await commands.call('ZRANGE', this.#keyOf(KEY), 0, PAGE - 1, 'WITHSCORES');
      const entries = scoredMembersOf(page);
      if (entries.length === 0) return undefined;
      const batch = commands.pipeline();
      for (const [jobId] of entries) batch.hmget(this.#keyOf(jobId), 'timestamp', 'finishedOn');
      const jobs = (await answersOf(batch)) as [timestamp: string | null, finishedOn: string | null][];
      const first = jobs.findIndex(([timestamp, finishedOn]) => timestamp !== null && finishedOn === null);
      const over = entries.slice(0, first < 0 ? entries.length : first).map(([jobId]) => jobId);
      if (over.length > 0) await this.forget(commands, over);
      if (first >= 0) return Number(entries[first]?.[1]);
    }
  }
}
