import type { QueueStats } from '../queue.js';
import type { Database, Statement } from './database.js';

/** How much of one partition is stored, and why it is still there. */
export interface PartitionStats extends Omit<QueueStats, 'oldestAgeMs'> {
  /** The partition: the project id. */
  readonly partition: string;
  /** When the first of those that are due later is due, in epoch milliseconds; undefined if there are none. */
  readonly nextDueAt: number | undefined;
  /** Why its last delivery failed; undefined if none has failed since the last that succeeded. */
  readonly trouble: PartitionTrouble | undefined;
}

/** Why a delivery failed. */
export interface PartitionTrouble {
  /** The reason, in a sentence without secrets. */
  readonly reason: string;
  /** When that was, in epoch milliseconds. */
  readonly at: number;
}

interface PartitionRow {
  readonly name: string;
  readonly stored: number;
  readonly delayed: number;
  readonly next_due: number | null;
  readonly leased: number;
  readonly dead: number;
  readonly trouble: string | null;
  readonly trouble_at: number | null;
}

/** What is stored, by partition. */
export class PartitionReports {
  readonly #list: Statement;

  constructor(database: Database) {
    // What is ready is the rest, since it can be very much: only the others are counted.
    this.#list = database.prepare(
      `WITH
         leased AS (SELECT partition, count(*) AS count FROM items WHERE lease IS NOT NULL GROUP BY partition),
         died AS (SELECT partition, count(*) AS count FROM dead GROUP BY partition)
       SELECT name, stored,
         (SELECT count(*) FROM items WHERE partition = key AND lease IS NULL AND due > ?) AS delayed,
         (SELECT min(due) FROM items WHERE partition = key AND lease IS NULL AND due > ?) AS next_due,
         coalesce(leased.count, 0) AS leased,
         coalesce(died.count, 0) AS dead,
         trouble, trouble_at
       FROM partitions
         LEFT JOIN leased ON leased.partition = key
         LEFT JOIN died ON died.partition = key
       WHERE stored > 0
       ORDER BY name`,
    );
  }

  /** All partitions of which something is stored, by their names. */
  list(now: number): readonly PartitionStats[] {
    return (this.#list.all(now, now) as PartitionRow[]).map((row) => {
      const { name, stored, delayed, leased, dead, next_due, trouble, trouble_at } = row;
      return {
        partition: name,
        ready: stored - delayed - leased - dead,
        delayed,
        leased,
        dead,
        nextDueAt: next_due ?? undefined,
        trouble: trouble === null || trouble_at === null ? undefined : { reason: trouble, at: trouble_at },
      };
    });
  }
}
