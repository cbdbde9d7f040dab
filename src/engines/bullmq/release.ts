import { answersOf } from './redis-commands.js';
import type { OpenedRedis, RedisLink } from './redis-link.js';

const PAGE = 1_000;
// BullMQ's code for a job that is not in the state it was taken to be in.
const NOT_DELAYED = -3;

/**
 * Makes what waits for later due now, in one partition; gives its number. BullMQ keeps no index by partition, so all delayed
 * events are looked through, a thousand at a time: two short exchanges with Redis for each thousand, whatever the partition
 * has of them.
 */
export async function releasePartition(link: RedisLink, partition: string): Promise<number> {
  let cursor = '0';
  let released = 0;
  do {
    const page = await link.run('release events', (redis) => scanDelayed(redis, cursor));
    cursor = page.cursor;
    released += await link.run('release events', (redis) => releaseOf(redis, page.jobIds, partition));
  } while (cursor !== '0');
  return released;
}

async function scanDelayed({ backend, commands }: OpenedRedis, cursor: string) {
  const answer = await commands.call('ZSCAN', backend.toKey('delayed'), cursor, 'COUNT', PAGE);
  const [next, flat] = answer as [string, string[]];
  return { cursor: next, jobIds: flat.filter((_, index) => index % 2 === 0) };
}

async function releaseOf(redis: OpenedRedis, jobIds: readonly string[], partition: string): Promise<number> {
  const { backend, commands } = redis;
  if (jobIds.length === 0) return 0;
  const batch = commands.pipeline();
  for (const jobId of jobIds) batch.hmget(backend.toKey(jobId), 'name');
  const names = (await answersOf(batch)) as [string | null][];
  const promoted = await Promise.all(
    jobIds.filter((_, index) => names[index]?.[0] === partition).map((jobId) => promote(redis, jobId)),
  );
  return promoted.filter(Boolean).length;
}

async function promote({ backend }: OpenedRedis, jobId: string): Promise<boolean> {
  try {
    await backend.promote(jobId);
    return true;
  } catch (error) {
    // It became due by itself meanwhile.
    if ((error as { code?: unknown }).code === NOT_DELAYED) return false;
    throw error;
  }
}
