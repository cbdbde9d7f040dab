import type { DeadLetter, Outcome, QueueDelivery, QueueItem, QueueStats } from '../queue.js';
import type { Failure } from './failure.js';
import type { PartitionStats } from './partition-stats.js';

/** An item that was claimed, with what settles it. */
export interface ClaimedItem extends QueueDelivery {
  readonly seq: number;
}

/** How far the sweep over the partitions has come; given back with the next claim. */
export interface ClaimCursor {
  /** Key of the partition that was looked at last. */
  readonly position: number;
  /** Key of the partition behind which a sweep began that has not come round yet. */
  readonly from: number | undefined;
  /** Whether that sweep has started over at the first partition. */
  readonly wrapped: boolean;
  /** Earliest time at which a partition that it came by has something, in epoch milliseconds. */
  readonly nextDue: number | undefined;
}

/** What to claim. */
export interface ClaimRequest {
  readonly count: number;
  /** Items of a partition that may be claimed, but for those that `rooms` names. */
  readonly perPartition: number;
  /** Items that may be claimed of some partitions, by their names. */
  readonly rooms: ReadonlyMap<string, number>;
  readonly leaseMs: number;
  readonly cursor: ClaimCursor | undefined;
}

/** What was claimed. */
export interface Claim {
  readonly lease: number;
  readonly items: readonly ClaimedItem[];
  readonly cursor: ClaimCursor;
  /** Whether all partitions were looked at; if not, another claim goes on from the cursor. */
  readonly complete: boolean;
  /** When to look again at the latest, as far as is known: something falls due, or a lease ends. */
  readonly lookAgainAt: number | undefined;
}

/** An item under the lease it was claimed with. */
export interface Held {
  readonly seq: number;
  readonly lease: number;
}

/** What became of a claimed item. */
export interface Settlement extends Held {
  readonly outcome: Outcome;
}

/** A page of dead letters, and where the next one starts. */
export interface DeadPage {
  readonly letters: readonly DeadLetter[];
  /** Place of the last one; undefined if there are no more. */
  readonly next: number | undefined;
}

/** Where a page of dead letters starts, and how many it holds at most. */
export interface DeadPageRequest {
  readonly after: number;
  readonly limit: number;
}

/**
 * What the store does, one step at a time. Each takes one argument and gives plain data, so that it can be asked for from
 * another thread.
 */
export interface StoreOperations {
  /** All of them, or none and why; gives the places of those that had been stored before. */
  add(items: readonly QueueItem[]): readonly number[] | Failure;
  claim(request: ClaimRequest): Claim;
  /** Whether it was heeded: false if the lease is not the item's any more. */
  settle(settlement: Settlement): boolean;
  /** The same for several, all of them or none; gives the places of those that were not heeded. */
  settleAll(settlements: readonly Settlement[]): readonly number[];
  /** Keeps items out until a time. */
  renew(request: { readonly held: readonly Held[]; readonly until: number }): null;
  /** Makes items claimable again; gives how many of them still were under their lease. */
  handBack(held: readonly Held[]): number;
  /** Makes due by `now` a few of the items that are due later; gives how many. */
  release(request: { readonly partition: string; readonly now: number; readonly limit: number }): number;
  replay(ids: readonly string[]): number;
  discard(ids: readonly string[]): number;
  stats(argument: null): QueueStats;
  partitions(argument: null): readonly PartitionStats[];
  dead(request: DeadPageRequest): DeadPage;
  /** Place of a dead letter; null if there is none of that id. */
  placeOfDead(id: string): number | null;
  /** A number that changes whenever another connection has written. */
  dataVersion(argument: null): number;
}

/** Name of an operation. */
export type OperationName = keyof StoreOperations;
/** What an operation takes. */
export type Argument<Name extends OperationName> = Parameters<StoreOperations[Name]>[0];
/** What an operation gives. */
export type Result<Name extends OperationName> = ReturnType<StoreOperations[Name]>;

/** Operations that change nothing, and so need no transaction of their own. */
export const READS: ReadonlySet<OperationName> = new Set(['stats', 'partitions', 'dead', 'placeOfDead', 'dataVersion']);

/**
 * Operations of handing out. Should a power failure undo one, its item is due again, as everything is that was out by then: so
 * the disk need not be waited for.
 */
export const HAND_OUTS: ReadonlySet<OperationName> = new Set(['claim', 'settle', 'settleAll', 'renew', 'handBack']);
