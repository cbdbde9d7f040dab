import { randomInt } from 'node:crypto';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Database } from './database.js';
import type { DriverChoice, DriverName } from './driver-choice.js';
import { describeFailure, type Failure } from './failure.js';
import { commitGroup, type StoreAnswer, type StoreRequest } from './group-commit.js';
import { loadDriver } from './load-driver.js';
import { packAnswers, type PackedAnswers } from './packed-answers.js';
import { unpackRequests, type PackedRequests } from './packed-requests.js';
import { Store, type StoreOptions } from './store.js';

/** What the worker thread is started with. */
export interface StoreWorkerData {
  readonly path: string;
  readonly drivers: DriverChoice;
  readonly options: StoreOptions;
}

/** What the worker thread is told: requests, or null to close. */
export type ToStoreWorker = PackedRequests | null;

/** What the worker thread tells. */
export type FromStoreWorker =
  | { readonly type: 'opened'; readonly driver: DriverName }
  | { readonly type: 'not_opened'; readonly failure: Failure }
  | { readonly type: 'answers'; readonly answers: PackedAnswers };

/** Requests in one transaction, so that the first of very many need not wait for the last. */
const MAX_GROUP = 2_048;

/** How long nothing must have been asked for before space is given back. */
const QUIET_MS = 1_000;

/** Between two steps of it. */
const TIDY_PAUSE_MS = 50;

function open({ path, drivers, options }: StoreWorkerData): { driver: DriverName; store: Store } {
  const { name, DatabaseClass } = loadDriver(drivers);
  let database: Database | undefined;
  try {
    database = new DatabaseClass(path);
    return {
      driver: name,
      store: new Store(database, options, { now: Date.now, newLease: () => randomInt(1, 2 ** 48 - 1) }),
    };
  } catch (error) {
    database?.close();
    throw error;
  }
}

function serve(port: MessagePort, store: Store): void {
  let tidying: NodeJS.Timeout | undefined;
  const tidyAfter = (delayMs: number): void => {
    clearTimeout(tidying);
    tidying = setTimeout(() => {
      if (tidy(store)) tidyAfter(TIDY_PAUSE_MS);
    }, delayMs);
  };
  let syncing: NodeJS.Timeout | undefined;
  const syncAfter = (delayMs: number | undefined): void => {
    if (delayMs === undefined) return;
    syncing ??= setTimeout(() => {
      syncing = undefined;
      const failed = store.syncDueInMs === 0 && !sync(store);
      syncAfter(failed ? QUIET_MS : store.syncDueInMs);
    }, delayMs);
  };
  port.on('message', (first: ToStoreWorker) => {
    const { requests, closing } = drain(port, first);
    if (requests.length > 0) answer(port, commitGroup(store, requests));
    if (!closing) {
      syncAfter(store.syncDueInMs);
      tidyAfter(QUIET_MS);
      return;
    }
    clearTimeout(tidying);
    clearTimeout(syncing);
    sync(store);
    store.close();
    port.close();
  });
}

/** All that has arrived by now. */
function drain(port: MessagePort, first: ToStoreWorker): { requests: StoreRequest[]; closing: boolean } {
  const requests: StoreRequest[] = [];
  let message: ToStoreWorker | undefined = first;
  while (message !== undefined) {
    if (message === null) return { requests, closing: true };
    for (const request of unpackRequests(message)) requests.push(request);
    if (requests.length >= MAX_GROUP) break;
    message = (receiveMessageOnPort(port) as { message: ToStoreWorker } | undefined)?.message;
  }
  return { requests, closing: false };
}

function answer(port: MessagePort, answers: readonly StoreAnswer[]): void {
  port.postMessage({ type: 'answers', answers: packAnswers(answers) } satisfies FromStoreWorker);
}

/** What cannot be synced now, since another process writes or the disk is full, is tried again. */
function sync(store: Store): boolean {
  try {
    store.sync();
    return true;
  } catch {
    return false;
  }
}

/** What cannot be tidied now is tried again after the next request. */
function tidy(store: Store): boolean {
  try {
    return store.tidy();
  } catch {
    return false;
  }
}

if (parentPort !== null) {
  // Node says that node:sqlite is experimental wherever it is loaded, which is no news to those who use an outbox.
  process.removeAllListeners('warning');
  try {
    const { driver, store } = open(workerData as StoreWorkerData);
    parentPort.postMessage({ type: 'opened', driver } satisfies FromStoreWorker);
    serve(parentPort, store);
  } catch (error) {
    const failure = describeFailure(error, 'opened');
    parentPort.postMessage({ type: 'not_opened', failure: { ...failure, kind: 'storage' } } satisfies FromStoreWorker);
  }
}
