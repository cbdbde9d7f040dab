// Named here, so that whoever compiles this file alone finds it: an ambient module cannot be imported.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./bundled-source.d.ts" />
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { StorageError } from '../../errors.js';
import { toError } from './failure.js';
import type { StoreAnswer } from './group-commit.js';
import { PacedAnswers } from './paced-answers.js';
import { packRequest } from './packed-requests.js';
import type { Argument, OperationName, Result } from './store-operations.js';
import workerSource from './store-worker.js?source';
import type { FromStoreWorker, StoreWorkerData, ToStoreWorker } from './store-worker.js';

/** Requests that do not wait for more while answers are given. */
const ENOUGH = 128;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** The store in a thread of its own, so that waiting for the disk holds nothing else up. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #answers = new PacedAnswers((answer) => this.#settle(answer));
  #outgoing: unknown[] = [];
  #outgoingCount = 0;
  #lastNumber = 0;
  #closing = false;
  #ended: Error | undefined;

  /** Starts it; `onOpened` is called once it is known that the file is an outbox. */
  constructor(
    workerData: StoreWorkerData,
    private readonly onOpened: () => void = () => undefined,
  ) {
    // Without the flags of this process: loaders and preloaded modules are of no use in there.
    this.#worker = new Worker(workerSource, {
      eval: true,
      workerData,
      execArgv: [],
      name: 'clevertap-attribution outbox',
    });
    this.#worker.on('message', (message: FromStoreWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(ended(error.message)));
    this.#worker.on('exit', () => this.#end(ended('it exited')));
    this.#worker.unref();
  }

  /** Whether it takes requests. */
  get isRunning(): boolean {
    return this.#ended === undefined;
  }

  /** Has the store do something; resolves once that is durable. */
  call<Name extends OperationName>(name: Name, argument: Argument<Name>): Promise<Result<Name>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      // A process must not end while somebody waits for the disk, and must not be kept up by a store that idles.
      if (this.#waiting.size === 0) this.#worker.ref();
      const number = ++this.#lastNumber;
      this.#waiting.set(number, { resolve, reject });
      if (this.#outgoingCount === 0) process.nextTick(() => this.#flushIfEnough());
      this.#outgoingCount += 1;
      packRequest(this.#outgoing, { number, name, argument });
    }) as Promise<Result<Name>>;
  }

  /** Answers what was asked for before, and lets go of the file. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#flush();
    this.#closing = true;
    this.#worker.ref();
    const exited = once(this.#worker, 'exit');
    this.#worker.postMessage(null satisfies ToStoreWorker);
    // However it ended: nobody waits for anything any more.
    await exited.catch(() => undefined);
  }

  /**
   * Whoever has got an answer often asks for the next thing: while there are more to give, a few are waited for, since the
   * thread would sync the disk for the first of them alone.
   */
  #flushIfEnough(): void {
    if (this.#answers.areLeft && this.#outgoingCount < ENOUGH) setImmediate(() => this.#flushIfEnough());
    else this.#flush();
  }

  /** One message for all that was asked for by now. */
  #flush(): void {
    if (this.#outgoingCount === 0) return;
    this.#worker.postMessage(this.#outgoing satisfies ToStoreWorker);
    this.#outgoing = [];
    this.#outgoingCount = 0;
  }

  #receive(message: FromStoreWorker): void {
    if (message.type === 'opened') this.onOpened();
    if (message.type === 'not_opened') this.#end(toError(message.failure));
    if (message.type === 'answers') this.#answers.push(message.answers);
  }

  #settle(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('failure' in answer) waiting?.reject(toError(answer.failure));
    else waiting?.resolve(answer.result);
    // While it closes, somebody waits for its end.
    if (this.#waiting.size === 0 && !this.#closing) this.#worker.unref();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    // What it has said is so, whatever became of it.
    this.#answers.giveAll();
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
    this.#worker.unref();
  }
}

function ended(why: string): StorageError {
  return new StorageError(
    `the thread that keeps the outbox file ended: ${why}. What it had acknowledged is stored; the next call starts it anew.`,
  );
}
