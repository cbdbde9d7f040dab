import type { AnyAttributionError } from '../errors.js';

/**
 * What an engine must do to remember events for the outbox. The outbox decides when something is due; the engine keeps
 * it until then, hands it out under a lease, and settles it as it is told.
 */

/** Something to keep. */
export interface QueueItem {
  /** Names it: the same id twice is one item. */
  readonly id: string;
  /** Whether the caller chose the id, so that it may come again. */
  readonly named: boolean;
  /** What it belongs to: the project id. Partitions take turns, and each may fill no more than its share. */
  readonly partition: string;
  /** What is kept; opaque to the engine. Never holds a token or a passcode. */
  readonly payload: string;
  /** When it was first stored, in epoch milliseconds, if that was in another queue, from which it moves here. @default now */
  readonly addedAt?: number | undefined;
}

/** What became of items that were given to `enqueue`. */
export interface EnqueueReport {
  /** Ids of those that are stored now. */
  readonly added: readonly string[];
  /** Ids of those that had been stored before. */
  readonly duplicates: readonly string[];
}

/** An item that was handed out. */
export interface QueueDelivery {
  /** As it was stored. */
  readonly id: string;
  /** As it was stored: whether the caller chose the id. An engine that remembers no id once it is done with may give false. */
  readonly named: boolean;
  /** As it was stored. */
  readonly partition: string;
  /** As it was stored. */
  readonly payload: string;
  /** How often it was handed out before. */
  readonly deliveries: number;
  /** When it was first stored, in epoch milliseconds. */
  readonly addedAt: number;
  /** As its last outcome said. */
  readonly failingSince: number | undefined;
}

/** What is to become of an item that was handed out. */
export type Outcome =
  | {
      /** It is stored no more. */
      readonly kind: 'delivered';
    }
  | {
      /** It is handed out again. */
      readonly kind: 'retry';
      /** When it is due again, in epoch milliseconds. */
      readonly at: number;
      /** Why, in a sentence without secrets. */
      readonly reason: string;
      /** Since when it has failed for reasons that count for its age; kept with it and handed out again. */
      readonly failingSince?: number | undefined;
    }
  | {
      /** It becomes a dead letter. */
      readonly kind: 'dead';
      /** Why, in a sentence without secrets. */
      readonly reason: string;
    };

/** Decides what becomes of an item. It never rejects; an engine that sees it reject hands the item out again later. */
export type DeliveryHandler = (delivery: QueueDelivery) => Promise<Outcome>;

/** How to consume. */
export interface ConsumeOptions {
  /** Items that may be out at once. */
  readonly concurrency: number;
  /** Items of one partition that may be out at once. @default concurrency */
  readonly perPartition?: number | undefined;
  /** How long an item is out before others may have it, in milliseconds; renewed while its handler runs. */
  readonly leaseMs: number;
  /**
   * Partitions of which fewer may be out at once, with that number; asked before items are fetched. A hint that spares
   * work: an engine may hand out items of them all the same.
   */
  readonly limits?: (() => ReadonlyMap<string, number>) | undefined;
  /**
   * Told of what no call reports: the consumer could not fetch, renew or settle items, or an outcome came after its lease had
   * ended. It goes on by itself, and no item is lost. May be called often; must not throw.
   */
  readonly onTrouble?: ((error: AnyAttributionError) => void) | undefined;
}

/** What a consumer did until it stopped. */
export interface ConsumerReport {
  /** Items whose handler ended after the stop was asked for, and was heeded. */
  readonly settled: number;
  /** Items whose handler did not end in time; they are due again at once. */
  readonly handedBack: number;
}

/** A loop that hands out what is due. */
export interface Consumer {
  /** Looks again at once: limits were lifted. */
  wake(): void;
  /** Hands out nothing more, waits for the handlers up to `timeoutMs`, and hands the rest back. */
  stop(options?: { readonly timeoutMs?: number }): Promise<ConsumerReport>;
}

/** How much is stored. */
export interface QueueStats {
  /** Due now, and not out. */
  readonly ready: number;
  /** Due later. */
  readonly delayed: number;
  /** Out under a lease. */
  readonly leased: number;
  /** Dead letters. */
  readonly dead: number;
  /** How long the oldest item that is not dead has been stored, in milliseconds; undefined if there is none. */
  readonly oldestAgeMs: number | undefined;
}

/** An item that will not be handed out by itself any more. */
export interface DeadLetter {
  /** As it was stored. */
  readonly id: string;
  /** As it was stored: the project id. */
  readonly partition: string;
  /** As it was stored: the event. */
  readonly payload: string;
  /** Why, in a sentence without secrets. */
  readonly reason: string;
  /** How often it was handed out. */
  readonly deliveries: number;
  /** When it was stored, in epoch milliseconds. */
  readonly addedAt: number;
  /** When it became a dead letter, in epoch milliseconds. */
  readonly diedAt: number;
}

/** A durable queue with leases, retry times and dead letters; the embedded store and every engine implement it. */
export interface Queue {
  /**
   * Stores items; resolves once they are durable. All of a call are stored or none.
   *
   * @throws {OverflowError} if the queue, or the share of a partition, is full.
   * @throws {StorageError} if the engine cannot be reached or written to.
   */
  enqueue(items: readonly QueueItem[]): Promise<EnqueueReport>;
  /** Hands out what is due to a handler, until it is stopped. */
  consume(handler: DeliveryHandler, options: ConsumeOptions): Promise<Consumer>;
  /** Counts what is stored. */
  stats(): Promise<QueueStats>;
  /** Dead letters, oldest first; `after` is the id of the one to go on behind. */
  dead(options?: { readonly limit?: number; readonly after?: string }): AsyncIterable<DeadLetter>;
  /** Makes dead letters due now; gives the number of those that were there. */
  replay(ids: readonly string[]): Promise<number>;
  /** Makes what waits for later due now, in one partition; gives their number. */
  release(partition: string): Promise<number>;
  /** Drops dead letters; gives the number of those that were there. */
  discard(ids: readonly string[]): Promise<number>;
  /** Stops its consumers and lets go of the engine. */
  close(): Promise<void>;
}
