import type { RedisCommands } from './redis-commands.js';

/**
 * The share of Redis's memory that new events may fill. BullMQ needs memory to hand out and settle events as well: a Redis
 * that is full to the brim would deliver nothing and so never become emptier.
 */
export const MEMORY_SHARE_FOR_NEW = 0.9;

/** The share of `maxmemory` that Redis uses; 0 where it has no bound. */
export async function memoryUse(redis: RedisCommands): Promise<number> {
  const info = String(await redis.call('INFO', 'memory'));
  const used = numberIn(info, 'used_memory');
  const most = numberIn(info, 'maxmemory');
  return most > 0 ? used / most : 0;
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
