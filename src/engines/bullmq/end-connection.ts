import type { RedisClient } from 'bullmq';

/** How long a broken connection may take to go, in milliseconds: by itself, ioredis keeps the process alive for two seconds. */
export const DISCONNECT_TIMEOUT_MS = 100;

/** Has a client swallow errors that nobody else listens for any more; without a listener ioredis prints each. */
export function silence(client: RedisClient): void {
  client.on('error', () => undefined);
}

/** Breaks a connection for good, whatever it is doing: what waits for it is rejected, and it does not connect again. */
export function endConnection(client: RedisClient): void {
  // Between two attempts to connect, ioredis would drop its timer and tell nobody: an attempt that is broken off at once has it
  // reject whatever waits.
  if (client.status === 'reconnecting') void client.connect().catch(() => undefined);
  client.disconnect();
}
