import type { DeadLetter } from '../../outbox/queue.js';
import type { AgeIndex } from './age-index.js';
import { itemIdOf, jobIdOf } from './job-id.js';
import type { OpenedRedis, RedisLink } from './redis-link.js';
import { answersOf, scoredMembersOf } from './redis-commands.js';
import type { StoredData } from './stored-job.js';

const PAGE = 100;

// One step, so that a letter that somebody replays at the same moment is not dropped.
const DISCARD = `
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('DEL', KEYS[2])
  return 1
end
return 0`;

// BullMQ's codes for a job that does not exist, or is not in the state it was taken to be in.
const NOT_THERE: readonly unknown[] = [-1, -3];

interface Place {
  readonly jobId: string;
  readonly score: string;
}

/** Dead letters are BullMQ's failed jobs. */
export class DeadLetters {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** Dead letters, oldest first. Begins at the oldest where `after` is no dead letter any more. */
  async *list({ limit = Infinity, after }: { limit?: number; after?: string } = {}): AsyncGenerator<DeadLetter> {
    let place = after === undefined ? undefined : await this.#placeOf(jobIdOf(after));
    let left = limit;
    while (left > 0) {
      const places = await this.#placesAfter(place);
      if (places.length === 0) return;
      for (const letter of await this.#lettersAt(places)) {
        if (left <= 0) return;
        left -= 1;
        yield letter;
      }
      place = places.at(-1);
    }
  }

  /** Drops dead letters; gives the number of those that were there. */
  async discard(ids: readonly string[]): Promise<number> {
    return this.#countEach('discard dead letters', ids, async ({ backend, commands }, jobId) => {
      const keys = [backend.toKey('failed'), backend.toKey(jobId)];
      return (await commands.call('EVAL', DISCARD, 2, ...keys, jobId)) === 1;
    });
  }

  /** Makes dead letters due now; gives the number of those that were there. */
  async replay(ids: readonly string[], ages: (redis: OpenedRedis) => AgeIndex): Promise<number> {
    return this.#countEach('replay dead letters', ids, async (redis, jobId) => {
      const job = await redis.queue.getJob(jobId);
      if (job?.finishedOn === undefined) return false;
      try {
        const batch = redis.commands.pipeline();
        ages(redis).noteIn(batch, jobId, job.timestamp);
        await answersOf(batch);
        await job.retry('failed');
        return true;
      } catch (error) {
        if (NOT_THERE.includes((error as { code?: unknown }).code)) return false;
        throw error;
      }
    });
  }

  async #countEach(
    action: string,
    ids: readonly string[],
    step: (redis: OpenedRedis, jobId: string) => Promise<boolean>,
  ): Promise<number> {
    const jobIds = [...new Set(ids)].map(jobIdOf);
    let count = 0;
    for (let start = 0; start < jobIds.length; start += PAGE) {
      const done = await this.#link.run(action, (redis) =>
        Promise.all(jobIds.slice(start, start + PAGE).map((jobId) => step(redis, jobId))),
      );
      count += done.filter(Boolean).length;
    }
    return count;
  }

  async #placeOf(jobId: string): Promise<Place | undefined> {
    return this.#link.run('list dead letters', async ({ backend, commands }) => {
      const score = await commands.call('ZSCORE', backend.toKey('failed'), jobId);
      return score === null ? undefined : { jobId, score: `${score as number | string}` };
    });
  }

  /** The next page of places. Redis sorts by score and then by name, which a place goes on behind even when it is gone. */
  async #placesAfter(place: Place | undefined): Promise<Place[]> {
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.#link.run('list dead letters', async ({ backend, commands }) => {
        const from = [backend.toKey('failed'), place?.score ?? '-inf', '+inf'];
        return scoredMembersOf(await commands.call('ZRANGEBYSCORE', ...from, 'WITHSCORES', 'LIMIT', offset, PAGE));
      });
      const places = page
        .map(([jobId, score]) => ({ jobId, score }))
        .filter((next) => place === undefined || next.score !== place.score || isBehind(next.jobId, place.jobId));
      if (places.length > 0 || page.length < PAGE) return places;
    }
  }

  async #lettersAt(places: readonly Place[]): Promise<DeadLetter[]> {
    const jobs = await this.#link.run('list dead letters', async ({ backend, commands }) => {
      const batch = commands.pipeline();
      for (const { jobId } of places) {
        batch.hmget(backend.toKey(jobId), 'name', 'data', 'failedReason', 'timestamp', 'ats');
      }
      return (await answersOf(batch)) as (string | null)[][];
    });
    return places.flatMap(({ jobId, score }, index) => {
      const [name, data, reason, timestamp, deliveries] = jobs[index] ?? [];
      const id = itemIdOf(jobId);
      if (id === undefined || typeof name !== 'string' || typeof data !== 'string') return [];
      return [
        {
          id,
          partition: name,
          payload: (JSON.parse(data) as StoredData).payload,
          reason: reason ?? '',
          deliveries: Number(deliveries ?? 0),
          addedAt: Number(timestamp),
          diedAt: Number(score),
        },
      ];
    });
  }
}

function isBehind(jobId: string, other: string): boolean {
  return Buffer.compare(Buffer.from(jobId), Buffer.from(other)) > 0;
}
