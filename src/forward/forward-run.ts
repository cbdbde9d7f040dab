import type { AttributionEvent, UtmPolicy } from '../contract/event.js';
import type { Delivery } from '../delivery/delivery.js';
import type { SendingListener, SendingProject } from '../delivery/sending-context.js';
import { AbortedError, ClosedError, OverflowError, ValidationError, type AnyAttributionError } from '../errors.js';
import { lookupFailed } from './credentials-trouble.js';
import { Fifo } from './fifo.js';
import { readRecord } from './forward-record.js';
import { failureStatus, type ForwardItem, type ForwardResult } from './forward-result.js';
import { ProjectDirectory } from './project-directory.js';
import { ProjectShares } from './project-shares.js';

/** What a run needs of the client. */
export interface ForwardBackend<Project extends SendingProject> {
  /** Whether the client takes no more events. */
  readonly closed: boolean;
  /** Has a listener called when the client is closed; the function that comes back takes it out again. */
  readonly onClosing: (listener: () => void) => () => void;
  /** The project of items that name none. */
  readonly defaultProject: Project | undefined;
  /** Looks up a project that an item names. */
  readonly lookUp: (projectId: string) => Project | Promise<Project>;
  /** Whether another request could begin at once, were it for a project below its limit. */
  readonly hasRoom: () => boolean;
  /** Has a listener called, once, when `hasRoom` has become true. */
  readonly onceRoom: (listener: () => void) => void;
  /** Counts a record that never became an event. */
  readonly refuse: () => void;
  /** Takes one event on; errors come out of the listener as well as thrown. */
  readonly send: (project: Project, event: unknown, listener: SendingListener) => void;
}

/** Where records come from. */
export type ForwardSource<Policy extends UtmPolicy = 'all'> =
  Iterable<ForwardItem<Policy>> | AsyncIterable<ForwardItem<Policy>>;

/** The results of a `forward()` as they come: an async iterable whose `break` (or `await using`) ends the run in order. */
export interface ForwardResults<Policy extends UtmPolicy = 'all'> extends AsyncIterableIterator<ForwardResult<Policy>> {
  /** Stops reading the source and resolves when what is in flight has ended; results not taken by then are dropped. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** Ends the run as `return()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How far a run may read ahead. */
export interface ForwardBounds {
  /** Records that may be read without their result having been taken. */
  readonly lookAhead: number;
  /** Records that are worth reading while the client has no room for another request. */
  readonly reserve: number;
  /** Records of one project that may be unsettled; one more is refused. */
  readonly maxPendingPerProject: number;
}

interface Reader<Policy extends UtmPolicy> {
  resolve(result: IteratorResult<ForwardResult<Policy>, undefined>): void;
  reject(error: unknown): void;
}

/**
 * One `forward()`: reads the source while there is room, sends each record, and gives out each result once, as it comes.
 *
 * Room means that no more than `lookAhead` records are read without their result having been taken. It is used to find
 * records of projects that could go on: while the client's total is in flight anyhow, only a reserve is read. The source
 * is read from the first `next()` on.
 */
export class ForwardRun<Policy extends UtmPolicy, Project extends SendingProject> implements ForwardResults<Policy> {
  readonly #iterator: Iterator<ForwardItem<Policy>> | AsyncIterator<ForwardItem<Policy>>;
  readonly #projects: ProjectDirectory<Project>;
  readonly #backend: ForwardBackend<Project>;
  readonly #bounds: ForwardBounds;
  readonly #shares: ProjectShares;
  readonly #signal: AbortSignal | undefined;
  readonly #results = new Fifo<ForwardResult<Policy>>();
  readonly #readers = new Fifo<Reader<Policy>>();
  #read = 0;
  #handedOut = 0;
  #unsettled = 0;
  #awaitsRoom = false;
  #begun = false;
  #pulling = false;
  /** Nothing more is read: the source ended or threw, the caller left or aborted, or the client was closed. */
  #ended = false;
  /** The source has ended, has thrown, or was told to return. */
  #sourceOver = false;
  #unsubscribe: (() => void) | undefined = undefined;
  #returned: Promise<IteratorReturnResult<undefined>> | undefined = undefined;
  #error: { readonly thrown: unknown } | undefined = undefined;
  #onIdle: (() => void) | undefined = undefined;

  constructor(
    source: ForwardSource<Policy>,
    backend: ForwardBackend<Project>,
    bounds: ForwardBounds,
    signal: AbortSignal | undefined,
  ) {
    this.#iterator = iteratorOf(source);
    this.#backend = backend;
    this.#bounds = bounds;
    this.#shares = new ProjectShares(bounds.maxPendingPerProject);
    this.#signal = signal;
    this.#projects = new ProjectDirectory(backend.lookUp);
  }

  next(): Promise<IteratorResult<ForwardResult<Policy>, undefined>> {
    if (!this.#begun) this.#begin();
    const result = this.#results.shift();
    if (result !== undefined) {
      this.#handedOut += 1;
      this.#pull();
      return Promise.resolve({ done: false, value: result });
    }
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#pull();
      this.#answerReadersAtEnd();
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#returned ??= this.#leave();
    return this.#returned;
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The caller's signal fired; the sendings heed it by themselves. */
  handleEvent(): void {
    this.#breakOff(new AbortedError('the caller aborted forward()', { cause: this.#signal?.reason as unknown }));
  }

  readonly #onClosing = (): void => {
    this.#breakOff(new ClosedError('the client is closed: forward() reads no further'));
  };

  #begin(): void {
    this.#begun = true;
    const signal = this.#signal;
    const backend = this.#backend;
    if (this.#ended) return;
    if (signal?.aborted === true) this.handleEvent();
    else if (backend.closed) this.#onClosing();
    else {
      signal?.addEventListener('abort', this);
      this.#unsubscribe = backend.onClosing(this.#onClosing);
    }
  }

  async #leave(): Promise<IteratorReturnResult<undefined>> {
    const sourceIsBusy = this.#pulling;
    this.#end();
    const release = this.#releaseSource();
    release.catch(() => undefined);
    if (this.#unsettled > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#error = undefined;
    while (this.#results.shift() !== undefined) this.#handedOut += 1;
    this.#answerReadersAtEnd();
    // A source that is busy with next() may take for ever to return; there is nothing to wait for.
    if (!sourceIsBusy) await release;
    return { done: true, value: undefined };
  }

  get #hasRoom(): boolean {
    if (this.#ended || this.#read - this.#handedOut >= this.#bounds.lookAhead) return false;
    if (this.#unsettled < this.#bounds.reserve || this.#backend.hasRoom()) return true;
    this.#awaitRoom();
    return false;
  }

  // Others may fill the client, and what this run has in it may all be stuck: then no result of its own makes it read on.
  #awaitRoom(): void {
    if (this.#awaitsRoom) return;
    this.#awaitsRoom = true;
    this.#backend.onceRoom(() => {
      this.#awaitsRoom = false;
      this.#pull();
    });
  }

  #pull(): void {
    if (!this.#pulling && this.#hasRoom) void this.#readOn();
  }

  async #readOn(): Promise<void> {
    this.#pulling = true;
    try {
      while (this.#hasRoom) {
        const step = this.#iterator.next();
        const result = 'then' in step ? await step : step;
        if (result.done === true) {
          this.#sourceOver = true;
          this.#end();
        }
        // One that comes after the caller left was never taken on, and must not be sent.
        else if (!this.#ended) this.#take(result.value);
      }
    } catch (error) {
      this.#sourceOver = true;
      this.#fail(error);
    }
    this.#pulling = false;
    this.#answerReadersAtEnd();
  }

  #take(item: ForwardItem<Policy>): void {
    const index = this.#read;
    this.#read += 1;
    this.#unsettled += 1;
    const { event, projectId: named, id, issues } = readRecord(item);
    const { defaultProject } = this.#backend;
    const projectId = named ?? defaultProject?.projectId;
    const listener = new RecordListener<Policy, Project>(index, id, projectId, event as AttributionEvent<Policy>, this);
    if (issues.length > 0) this.#refuse(listener, new ValidationError('record', issues));
    else if (projectId === undefined) this.#refuse(listener, noProject());
    else if (!this.#shares.take(projectId)) this.#refuse(listener, this.#overflow(projectId));
    else this.#takeOn(projectId, listener);
  }

  #takeOn(projectId: string, listener: RecordListener<Policy, Project>): void {
    const { defaultProject } = this.#backend;
    listener.hasShare = true;
    if (projectId === defaultProject?.projectId) this.#send(defaultProject, listener);
    else this.#lookUpAndSend(projectId, listener);
  }

  #overflow(projectId: string): OverflowError {
    const { maxPendingPerProject } = this.#bounds;
    const message = `${maxPendingPerProject} records of project ${projectId} are pending, as many as maxPendingPerProject allows; send it again later`;
    return new OverflowError(message, { projectId });
  }

  /** Ends a record that never became an event. */
  #refuse(listener: RecordListener<Policy, Project>, error: AnyAttributionError): void {
    this.#backend.refuse();
    listener.onFailed(error);
  }

  #lookUpAndSend(projectId: string, listener: RecordListener<Policy, Project>): void {
    try {
      const project = this.#projects.get(projectId);
      if (project instanceof Promise) {
        project.then(
          (found) => this.#send(found, listener),
          (error: unknown) => this.#refuse(listener, lookupFailed(error, projectId)),
        );
      } else this.#send(project, listener);
    } catch (error) {
      this.#refuse(listener, lookupFailed(error, projectId));
    }
  }

  #send(project: Project, listener: RecordListener<Policy, Project>): void {
    listener.project = project;
    try {
      this.#backend.send(project, listener.event, listener);
    } catch (error) {
      listener.onFailed(error as AnyAttributionError);
    }
  }

  /** @internal Takes on the result of a record. */
  settle(result: ForwardResult<Policy>, { project, hasShare }: RecordListener<Policy, Project>): void {
    this.#unsettled -= 1;
    if (hasShare && result.projectId !== undefined) this.#shares.giveBack(result.projectId);
    // The credentials may have been rotated since they were looked up. One that was on hold was not asked.
    if (result.error?.code === 'authentication' && result.error.attempts > 0 && project !== undefined) {
      this.#projects.forget(project.projectId, project);
    }
    const reader = this.#readers.shift();
    if (reader === undefined) this.#results.push(result);
    else {
      this.#handedOut += 1;
      reader.resolve({ done: false, value: result });
      this.#pull();
    }
    this.#answerReadersAtEnd();
    if (this.#unsettled === 0) this.#onIdle?.();
  }

  #end(): void {
    this.#ended = true;
    this.#signal?.removeEventListener('abort', this);
    this.#unsubscribe?.();
  }

  /** Ends the run with an error, which comes out after the results of everything that was read. */
  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = { thrown: error };
    this.#end();
    this.#answerReadersAtEnd();
  }

  /** Ends the run for a reason that the source does not know, so that it must be told. */
  #breakOff(error: unknown): void {
    this.#fail(error);
    void this.#releaseSource().catch(() => undefined);
  }

  async #releaseSource(): Promise<void> {
    if (this.#sourceOver) return;
    this.#sourceOver = true;
    await this.#iterator.return?.();
  }

  #answerReadersAtEnd(): void {
    if (!this.#ended || this.#unsettled > 0 || this.#results.size > 0) return;
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift()) {
      const error = this.#error;
      this.#error = undefined;
      if (error === undefined) reader.resolve({ done: true, value: undefined });
      else reader.reject(error.thrown);
    }
  }
}

/** A record on its way, which turns the end of its sending into its result. */
class RecordListener<Policy extends UtmPolicy, Project extends SendingProject> implements SendingListener {
  /** The project it was sent with, once that was found. */
  project: Project | undefined = undefined;
  /** Whether it counts among the unsettled records of its project. */
  hasShare = false;

  constructor(
    readonly index: number,
    readonly id: string | undefined,
    readonly projectId: string | undefined,
    readonly event: AttributionEvent<Policy>,
    private readonly run: ForwardRun<Policy, Project>,
  ) {}

  // Written out, since spreading costs more than the rest of a result together.
  onDelivered(delivery: Delivery): void {
    const { index, id, projectId, event } = this;
    this.run.settle({ index, id, projectId, event, status: 'delivered', delivery }, this);
  }

  onFailed(error: AnyAttributionError): void {
    const { index, id, projectId, event } = this;
    this.run.settle({ index, id, projectId, event, status: failureStatus(error), error }, this);
  }
}

function iteratorOf<Item>(source: Iterable<Item> | AsyncIterable<Item>): Iterator<Item> | AsyncIterator<Item> {
  const given = Object(source) as { [Symbol.asyncIterator]?: unknown; [Symbol.iterator]?: unknown };
  if (typeof given[Symbol.asyncIterator] === 'function') return (source as AsyncIterable<Item>)[Symbol.asyncIterator]();
  if (typeof given[Symbol.iterator] === 'function') return (source as Iterable<Item>)[Symbol.iterator]();
  const message = 'must be an iterable or an async iterable of records';
  throw new ValidationError('forward', [{ path: ['source'], message }]);
}

function noProject(): ValidationError {
  const message = 'is required where the client has no default project';
  return new ValidationError('record', [{ path: ['projectId'], message }]);
}
