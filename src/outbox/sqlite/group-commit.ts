import { describeFailure, type Failure } from './failure.js';
import { HAND_OUTS, READS, type OperationName, type StoreOperations } from './store-operations.js';
import { troubleKindOf } from './sqlite-trouble.js';
import type { Urgency } from './syncs.js';

/** An operation that somebody waits for. */
export interface StoreRequest {
  readonly number: number;
  readonly name: OperationName;
  readonly argument: unknown;
}

/** What came of it. */
export type StoreAnswer =
  { readonly number: number; readonly result: unknown } | { readonly number: number; readonly failure: Failure };

/** What a group is committed to. */
export interface Committing extends StoreOperations {
  transaction<T>(steps: () => T, urgency: Urgency): T;
}

/**
 * Runs requests, those that change something in one transaction: one sync of the disk serves all that had come together by
 * then. Should the transaction fail, each gets one of its own, so that what is wrong with one is not told of all.
 */
export function commitGroup(store: Committing, requests: readonly StoreRequest[]): StoreAnswer[] {
  const writes = requests.filter(({ name }) => !READS.has(name));
  const reads = requests.filter(({ name }) => READS.has(name));
  return [...runWrites(store, writes), ...reads.map((request) => runAlone(request, () => run(store, request)))];
}

function runWrites(store: Committing, writes: readonly StoreRequest[]): StoreAnswer[] {
  if (writes.length === 0) return [];
  try {
    return store.transaction(
      () => writes.map((request) => ({ number: request.number, result: run(store, request) })),
      urgencyOf(writes),
    );
  } catch (error) {
    // The others would wait as long for the lock, one after another.
    if (writes.length === 1 || troubleKindOf(error) === 'busy') {
      return writes.map((request) => failed(request, error));
    }
    return writes.map((request) =>
      runAlone(request, () => store.transaction(() => run(store, request), urgencyOf([request]))),
    );
  }
}

function urgencyOf(writes: readonly StoreRequest[]): Urgency {
  return writes.every(({ name }) => HAND_OUTS.has(name)) ? 'soon' : 'now';
}

function run(store: Committing, { name, argument }: StoreRequest): unknown {
  return (store[name] as (argument: unknown) => unknown)(argument);
}

function runAlone(request: StoreRequest, action: () => unknown): StoreAnswer {
  try {
    return { number: request.number, result: action() };
  } catch (error) {
    return failed(request, error);
  }
}

function failed({ number, name }: StoreRequest, error: unknown): StoreAnswer {
  return { number, failure: describeFailure(error, READS.has(name) ? 'read' : 'written to') };
}
