import type { QueueItem } from '../queue.js';
import type { StoreRequest } from './group-commit.js';
import type { Argument, Settlement } from './store-operations.js';

/**
 * Requests as they cross to the worker thread: one flat list of plain values. To hand over a list of objects costs several
 * times as much, since each of them carries the names of its fields along.
 */
export type PackedRequests = readonly unknown[];

/** Fields of a packed item. */
const ITEM_FIELDS = 5;

/** Fields of a packed settlement. */
const SETTLEMENT_FIELDS = 3;

/** Adds a request to those that go with one message. */
export function packRequest(packed: unknown[], { number, name, argument }: StoreRequest): void {
  if (name === 'add') {
    const items = argument as Argument<'add'>;
    packed.push(number, name, items.length);
    for (const { id, named, partition, payload, addedAt } of items) packed.push(id, named, partition, payload, addedAt);
    return;
  }
  if (name === 'settleAll') {
    const settlements = argument as Argument<'settleAll'>;
    packed.push(number, name, settlements.length);
    // Most outcomes are `delivered`.
    for (const { seq, lease, outcome } of settlements) {
      packed.push(seq, lease, outcome.kind === 'delivered' ? null : outcome);
    }
    return;
  }
  packed.push(number, name, argument);
}

/** The requests of a message, in their order. */
export function unpackRequests(packed: PackedRequests): StoreRequest[] {
  const requests: StoreRequest[] = [];
  for (let at = 0; at < packed.length;) {
    const number = packed[at] as number;
    const name = packed[at + 1] as StoreRequest['name'];
    at += 2;
    if (name === 'add') {
      const end = at + 1 + (packed[at] as number) * ITEM_FIELDS;
      requests.push({ number, name, argument: unpackItems(packed, at + 1, end) });
      at = end;
    } else if (name === 'settleAll') {
      const end = at + 1 + (packed[at] as number) * SETTLEMENT_FIELDS;
      requests.push({ number, name, argument: unpackSettlements(packed, at + 1, end) });
      at = end;
    } else {
      requests.push({ number, name, argument: packed[at] });
      at += 1;
    }
  }
  return requests;
}

function unpackItems(packed: PackedRequests, from: number, end: number): QueueItem[] {
  const items: QueueItem[] = [];
  for (let at = from; at < end; at += ITEM_FIELDS) {
    items.push({
      id: packed[at] as string,
      named: packed[at + 1] as boolean,
      partition: packed[at + 2] as string,
      payload: packed[at + 3] as string,
      addedAt: packed[at + 4] as number | undefined,
    });
  }
  return items;
}

function unpackSettlements(packed: PackedRequests, from: number, end: number): Settlement[] {
  const settlements: Settlement[] = [];
  for (let at = from; at < end; at += SETTLEMENT_FIELDS) {
    settlements.push({
      seq: packed[at] as number,
      lease: packed[at + 1] as number,
      outcome: (packed[at + 2] as Settlement['outcome'] | null) ?? { kind: 'delivered' },
    });
  }
  return settlements;
}
