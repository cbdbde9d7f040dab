import type { IRedisTransaction, RedisClient } from 'bullmq';

/** Commands that are collected and run together. */
export interface RedisBatch extends IRedisTransaction {
  exists(key: string): this;
  hmget(key: string, ...fields: string[]): this;
  zadd(key: string, mode: 'NX', score: number, member: string): this;
}

/** A client of BullMQ with the commands that are needed beside BullMQ's own; `disconnect` fails whatever waits for it. */
export interface RedisCommands extends RedisClient {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  pipeline(): RedisBatch;
  multi(): RedisBatch;
}

/** The client of a backend, once it is connected: ioredis, which has all of them, of which its type in BullMQ has but some. */
export async function commandsOf({ client }: { readonly client: Promise<RedisClient> }): Promise<RedisCommands> {
  return (await client) as RedisCommands;
}

/** Runs a batch and gives its answers; rejects with the first error among them. */
export async function answersOf(batch: RedisBatch): Promise<unknown[]> {
  const results = await batch.exec();
  if (results === null) throw new Error('the transaction was not carried out');
  return results.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer as unknown;
  });
}

/** Members and scores of a sorted set: a flat list as Redis gave it under RESP 2 (ioredis 5), pairs under RESP 3 (ioredis 6). */
export function scoredMembersOf(answer: unknown): [member: string, score: string][] {
  const flat = (answer as unknown[]).flat().map(String);
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? '', flat[2 * index + 1] ?? '']);
}
