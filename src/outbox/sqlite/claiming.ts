import type { ClaimCursor, ClaimedItem, ClaimRequest } from './store-operations.js';

/** Keys of partitions begin with 1. */
const START: ClaimCursor = { position: 0, from: undefined, wrapped: false, nextDue: undefined };

/** What one claim has come to so far. */
export class Claiming {
  readonly lease: number;
  readonly leaseMs: number;
  /** Where it starts. */
  readonly start: ClaimCursor;
  readonly items: ClaimedItem[] = [];
  /** Earliest time at which a partition has something that it has not yet. */
  nextDue: number | undefined;
  readonly #request: ClaimRequest;
  /** Taken so far, by key of the partition. */
  readonly #taken = new Map<number, number>();

  constructor(request: ClaimRequest, lease: number) {
    this.#request = request;
    this.lease = lease;
    this.leaseMs = request.leaseMs;
    this.start = request.cursor ?? START;
    this.nextDue = this.start.nextDue;
  }

  /** Whether it has as many as it may. */
  get isFull(): boolean {
    return this.items.length >= this.#request.count;
  }

  /** Whether one more of a partition may be taken. */
  hasRoomFor(partition: number, name: string): boolean {
    const { rooms, perPartition } = this.#request;
    return (this.#taken.get(partition) ?? 0) < (rooms.get(name) ?? perPartition);
  }

  /** Notes an item that was taken. */
  took(partition: number, item: ClaimedItem): void {
    this.#taken.set(partition, (this.#taken.get(partition) ?? 0) + 1);
    this.items.push(item);
  }

  /** Notes that a partition has its next item later. */
  isLater(due: number): void {
    this.nextDue = Math.min(this.nextDue ?? due, due);
  }

  /** Keys of the partitions of which something was taken, in the order of their turns. */
  served(): number[] {
    return [...this.#taken.keys()];
  }
}
