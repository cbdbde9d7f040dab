import type { RedisOptions } from 'bullmq';
import { isAttributionError, OverflowError, StorageError, type AnyAttributionError } from '../../errors.js';

/** Host and port of Redis, fit to be shown: no user, no password. */
export function redisHostOf(connection: RedisOptions): string {
  if (connection.url !== undefined) return new URL(connection.url).host;
  if (typeof connection['path'] === 'string') return connection['path'];
  return `${connection.host ?? '127.0.0.1'}:${connection.port ?? 6379}`;
}

/**
 * One of this library's errors for whatever Redis, ioredis or BullMQ failed with. Made anew of its message: the errors of
 * ioredis carry the command with its arguments, which may be a password or an event.
 *
 * @param action What was not done, as in "could not store events".
 */
export function redisFailure(action: string, error: unknown, connection: RedisOptions): AnyAttributionError {
  if (isAttributionError(error)) return error;
  const host = redisHostOf(connection);
  const said = withoutSecrets(messagesOf(error).join(': '), connection);
  // Redis answers OOM where maxmemory is reached and nothing may be evicted, which is as it should be.
  if (/\bOOM\b/.test(said)) {
    return new OverflowError(`Redis at ${host} could not ${action}: it has no memory left (${said})`, { host });
  }
  return new StorageError(`could not ${action} in Redis at ${host}: ${said}`, { host });
}

/** An error's message; of a transaction that was discarded, also why. */
function messagesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const { previousErrors } = error as { previousErrors?: unknown };
  const first: unknown = Array.isArray(previousErrors) ? previousErrors[0] : undefined;
  return first instanceof Error ? [error.message, first.message] : [error.message];
}

function withoutSecrets(text: string, { url, password }: RedisOptions): string {
  const inUrl = url === undefined ? '' : new URL(url).password;
  const secrets = [url, password, inUrl, decodedOf(inUrl)].filter((secret) => (secret ?? '') !== '') as string[];
  return secrets.reduce<string>((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}

function decodedOf(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
