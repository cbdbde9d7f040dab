import type { AttributionClient } from '../client.js';
import type { OutboxNotice } from '../outbox/outbox-notice.js';
import { Outbox } from '../outbox/outbox.js';
import type { QueueStats } from '../outbox/queue.js';
import type { PartitionStats } from '../outbox/sqlite/partition-stats.js';
import { sqliteQueue, type SqliteQueue } from '../outbox/sqlite/sqlite-queue.js';
import type { CredentialsSource } from './credentials-source.js';
import type { ForwardOutboxFlags } from './forward-outbox-flags.js';
import { openOutboxFile } from './stored-outbox.js';

/** Bounded by the disk alone: what is in the files is to be sent, and refusing half of it helps nobody. */
const UNBOUNDED = { maxEvents: 1_000_000_000, maxBytes: 2 ** 42, maxShare: 1 };

/** Whoever gives the command again after a crash does not want to wait a minute for what was out then. */
const LEASE_MS = 15_000;

/** Short, since somebody waits for the end of the run. */
const RETRY = { initialDelayMs: 2_000, maxDelayMs: 60_000 };

/** What the outbox of a run is made of. */
export interface RunOutboxOptions {
  readonly queue: SqliteQueue;
  readonly client: AttributionClient<'all' | 'any'>;
  readonly credentials: CredentialsSource;
  readonly flags: ForwardOutboxFlags;
  readonly onNotice: (notice: OutboxNotice) => void;
}

/**
 * The queue of a run, in a file that is made if it is not there.
 *
 * @throws {UsageError} if it cannot be opened.
 */
export function openRunQueue(path: string): Promise<SqliteQueue> {
  return openOutboxFile(path, UNBOUNDED);
}

/** An outbox for the time of a run. */
export function openRunOutbox({
  queue,
  client,
  credentials,
  flags,
  onNotice,
}: RunOutboxOptions): Outbox<'all' | 'any'> {
  return new Outbox({
    client,
    queue,
    credentials: credentials.get,
    concurrency: Math.max(256, 2 * (flags.total ?? 0)),
    perProject: Math.max(32, 2 * (flags.perProject ?? 0)),
    deadlineMs: flags.deadline === undefined ? undefined : flags.deadline * 1000,
    leaseMs: LEASE_MS,
    retry: RETRY,
    onNotice,
  });
}

/** What is in an outbox after a run, in all and by project. */
export interface OutboxLeft extends QueueStats {
  readonly projects: readonly PartitionStats[];
}

/** Hands back what is out, and looks once more at what is left, with the queue opened anew: closing it was part of stopping. */
export async function closeRunOutbox(
  outbox: Outbox<'all' | 'any'>,
  path: string,
  withinMs: number,
): Promise<OutboxLeft> {
  await outbox.close({ timeoutMs: withinMs });
  const queue = sqliteQueue({ path });
  try {
    return { ...(await queue.stats()), projects: await queue.partitions() };
  } finally {
    await queue.close();
  }
}
