import { randomUUID } from 'node:crypto';

/**
 * A new id (UUID version 7, RFC 9562): ids sort by the time they were made, which keeps inserting them cheap.
 *
 * Its random part is that of a UUID version 4, which stands in the same places, since Node draws those for many at once.
 */
export function createEventId(nowMs: number = Date.now()): string {
  const time = nowMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
