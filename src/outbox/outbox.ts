import type { AttributionEvent, UtmPolicy } from '../contract/event.js';
import { hasControlCharacter, toSingleLine } from '../contract/text.js';
import {
  ClosedError,
  isAttributionError,
  StorageError,
  ValidationError,
  type AnyAttributionError,
  type ValidationIssue,
} from '../errors.js';
import { lookUpProject } from '../forward/credentials-lookup.js';
import { lookupFailed } from '../forward/credentials-trouble.js';
import { ProjectDirectory } from '../forward/project-directory.js';
import { NoticeListener } from '../observe/notice-listener.js';
import { checkCloseOptions, type CloseOptions } from '../options.js';
import type { ProjectClient } from '../project-client.js';
import { decideDelivery } from './delivery-decision.js';
import { createEventId } from './event-id.js';
import type { OutboxNotice } from './outbox-notice.js';
import { resolveOutboxOptions, type OutboxOptions, type ResolvedOutboxOptions } from './outbox-options.js';
import { ProjectHolds } from './project-holds.js';
import type { Consumer, DeadLetter, Outcome, QueueDelivery, QueueItem, QueueStats } from './queue.js';
import { retryDelayMs } from './retry-schedule.js';
import { readStoredEvent, writeStoredEvent } from './stored-event.js';
import { SuspendedRegions } from './suspended-regions.js';

/** Settings of one `add`. */
export interface AddOptions {
  /** The project it is for. @default the client's default project */
  readonly projectId?: string | undefined;
  /**
   * Your name for the event, 1 to 200 characters: the same id twice is one event, as long as it is stored and, with the
   * embedded store, for a while after. @default a new UUID, which sorts by time
   */
  readonly id?: string | undefined;
}

/** An event for `addMany`. */
export interface OutboxRecord<Policy extends UtmPolicy = 'all'> extends AddOptions {
  /** The event. */
  readonly event: AttributionEvent<Policy>;
}

/** What became of an event that was to be stored. */
export interface Added {
  /** The id that it is stored under. */
  readonly id: string;
  /** Whether an event with this id had been stored before; then this one was not. */
  readonly duplicate: boolean;
}

/** The same for `addMany`, where a record that is not valid costs no other. */
export type AddResult = StoredResult | RefusedResult;

/** An event of `addMany` that is stored. */
export interface StoredResult extends Added {
  /** None. */
  readonly error?: undefined;
}

/** A record of `addMany` that is not valid. */
export interface RefusedResult {
  /** Its id, if it had one that is a text. */
  readonly id: string | undefined;
  /** It is not stored, so it is none. */
  readonly duplicate: false;
  /** Everything that is wrong with it. */
  readonly error: ValidationError;
}

/** Totals of an outbox since it was made, in this process. */
export interface OutboxCounters {
  /** Events that were stored. */
  readonly added: number;
  /** Events that had been stored before. */
  readonly duplicates: number;
  /** Events that were delivered. */
  readonly delivered: number;
  /** Those of them that may be there twice. */
  readonly maybeDuplicate: number;
  /** Deliveries that failed and will be tried again. */
  readonly rescheduled: number;
  /** Events that became dead letters. */
  readonly dead: number;
  /** Events that are out for delivery now. */
  readonly out: number;
  /** Projects on hold now. */
  readonly projectsOnHold: number;
}

/** What `close()` of an outbox reports of the time between its call and its end. */
export interface OutboxCloseReport {
  /** Events that were still delivered. */
  readonly delivered: number;
  /** Events that were out and are stored again, due at once. */
  readonly handedBack: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** Handed back because this process stops. */
class Stopping extends Error {}

const MAX_ID_LENGTH = 200;

/**
 * Remembers events until they are delivered: what `add` has resolved for arrives, across crashes and outages, at least
 * once; what was in flight when a process died is sent again.
 *
 * The client delivers (limits, holds, short retries), the queue remembers, and the outbox decides when an event is due
 * again and when it is dead.
 */
export class Outbox<Policy extends UtmPolicy = 'all'> {
  readonly #options: ResolvedOutboxOptions;
  readonly #listener: NoticeListener<OutboxNotice>;
  readonly #holds: ProjectHolds;
  readonly #suspended: SuspendedRegions;
  readonly #projects: ProjectDirectory<Hand>;
  readonly #stopping = new AbortController();
  #consumer: Promise<Consumer> | undefined = undefined;
  #closing: Promise<OutboxCloseReport> | undefined = undefined;
  #added = 0;
  #duplicates = 0;
  #delivered = 0;
  #maybeDuplicate = 0;
  #rescheduled = 0;
  #dead = 0;
  #handedBack = 0;
  #out = 0;

  /** @throws {ValidationError} with everything that is wrong with the options at once. */
  constructor(options: OutboxOptions<Policy>) {
    this.#options = resolveOutboxOptions(options);
    this.#listener = new NoticeListener(this.#options.onNotice);
    this.#holds = new ProjectHolds(this.#options.probe);
    this.#suspended = new SuspendedRegions(this.#options.client);
    this.#projects = new ProjectDirectory((projectId) => this.#lookUp(projectId));
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Stores one event; resolves when it is on disk.
   *
   * @throws {ValidationError} if the event or its id is not valid, or names no project where there is no default.
   * @throws {OverflowError} if the queue, or the project's share of it, is full.
   * @throws {StorageError} if the queue cannot be reached or written to; then the event may or may not be stored, so add it
   * again with an id.
   */
  async add(event: AttributionEvent<Policy>, options: AddOptions = {}): Promise<Added> {
    const [result] = await this.addMany([{ ...options, event }]);
    if (result === undefined) throw new TypeError('a record has a result');
    if (result.error !== undefined) throw result.error;
    return result;
  }

  /**
   * Stores many events in one step; resolves when they are on disk, with a result for each in their order. Those that are
   * not valid cost no other.
   *
   * @throws {OverflowError} if not all valid ones fit; then none is stored.
   * @throws {StorageError} if the queue cannot be reached or written to.
   */
  async addMany(records: Iterable<OutboxRecord<Policy>>): Promise<readonly AddResult[]> {
    if (this.closed) throw new ClosedError('the outbox is closed and takes no more events');
    const checked = Array.from(records, (record) => this.#check(record));
    const items = checked.flatMap((result) => ('item' in result ? [result.item] : []));
    const report = items.length === 0 ? { added: [], duplicates: [] } : await this.#options.queue.enqueue(items);
    this.#added += report.added.length;
    this.#duplicates += report.duplicates.length;
    const added = new Set(report.added);
    return checked.map((result): AddResult => {
      if (!('item' in result)) return result;
      const { id } = result.item;
      // Of the same id twice in one call, the first was added.
      return { id, duplicate: !added.delete(id) };
    });
  }

  /**
   * Starts to deliver, until `close()`. Calling it again changes nothing.
   *
   * @throws {StorageError} if the queue cannot be reached.
   */
  async start(): Promise<void> {
    if (this.closed) throw new ClosedError('the outbox is closed and delivers no more');
    const { queue, concurrency, perProject, leaseMs } = this.#options;
    this.#consumer ??= queue.consume((delivery) => this.#deliver(delivery), {
      concurrency,
      perPartition: perProject,
      leaseMs,
      limits: () => this.#limits(),
    });
    await this.#consumer;
  }

  /** Makes what waits for later due now, in one project, and lifts its hold: its credentials were replaced. Gives their number. */
  async release(projectId: string): Promise<number> {
    this.#projects.drop(projectId);
    this.#liftHold(projectId);
    const released = await this.#options.queue.release(projectId);
    (await this.#consumer)?.wake();
    return released;
  }

  /** How much is stored. */
  stats(): Promise<QueueStats> {
    return this.#options.queue.stats();
  }

  /** The totals since the outbox was made, in this process. */
  counters(): OutboxCounters {
    return {
      added: this.#added,
      duplicates: this.#duplicates,
      delivered: this.#delivered,
      maybeDuplicate: this.#maybeDuplicate,
      rescheduled: this.#rescheduled,
      dead: this.#dead,
      out: this.#out,
      projectsOnHold: this.#holds.size,
    };
  }

  /** Dead letters, oldest first; `after` is the id of the one to go on behind. */
  dead(options?: { readonly limit?: number; readonly after?: string }): AsyncIterable<DeadLetter> {
    return this.#options.queue.dead(options);
  }

  /** Makes dead letters due now, as if they had just been added; gives the number of those that were there. */
  async replay(ids: readonly string[]): Promise<number> {
    const replayed = await this.#options.queue.replay(ids);
    (await this.#consumer)?.wake();
    return replayed;
  }

  /** Drops dead letters for good; gives the number of those that were there. */
  discard(ids: readonly string[]): Promise<number> {
    return this.#options.queue.discard(ids);
  }

  /**
   * Takes no more events, delivers no more, waits for what is out, hands back what is left after `timeoutMs` (30,000 by
   * default), and closes the queue. What is stored stays stored. Calling it again gives the same report.
   */
  async close(options: CloseOptions = {}): Promise<OutboxCloseReport> {
    const { timeoutMs } = checkCloseOptions(options);
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** Closes it: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<OutboxCloseReport> {
    const startedAt = performance.now();
    const [delivered, handedBack] = [this.#delivered, this.#handedBack];
    const consumer = await this.#consumer?.catch(() => undefined);
    // The sends end before the consumer's patience does, so that each tells what it knows of its event.
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => this.#stopping.abort(new Stopping()), timeoutMs)
      : undefined;
    const report = await consumer?.stop({ timeoutMs: timeoutMs + GRACE_MS });
    clearTimeout(timer);
    await this.#options.queue.close();
    return {
      delivered: this.#delivered - delivered,
      handedBack: this.#handedBack - handedBack + (report?.handedBack ?? 0),
      durationMs: Math.round(performance.now() - startedAt),
    };
  }

  #check(record: OutboxRecord<Policy>): { readonly item: QueueItem } | RefusedResult {
    const { event, projectId: named, id } = record;
    try {
      const projectId = named ?? this.#options.client.defaultProject?.projectId;
      const issues = [...projectIssues(projectId), ...idIssues(id)];
      if (issues.length > 0 || projectId === undefined) throw new ValidationError('record', issues);
      const payload = writeStoredEvent(this.#options.client.parse(event));
      return { item: { id: id ?? createEventId(), named: id !== undefined, partition: projectId, payload } };
    } catch (error) {
      return { id: typeof id === 'string' ? id : undefined, duplicate: false, error: error as ValidationError };
    }
  }

  /** Delivers one event; what becomes of it in the queue. Never rejects. */
  async #deliver(stored: QueueDelivery): Promise<Outcome> {
    this.#out += 1;
    this.#holds.begin(stored.partition);
    const outcome = await this.#attempt(stored).catch((error: unknown) =>
      this.#afterFailure(stored, asAttributionError(error)),
    );
    this.#out -= 1;
    return outcome;
  }

  async #attempt(stored: QueueDelivery): Promise<Outcome> {
    const { id, partition: projectId, payload } = stored;
    const read = readStoredEvent(payload);
    if ('problem' in read) return this.#die(stored, read.problem);
    const hand = await this.#hand(projectId);
    if (!this.#suspended.enter(projectId, hand.region)) {
      this.#rescheduled += 1;
      this.#holds.undecided(projectId);
      const at = Date.now() + retryDelayMs(this.#options.retry, 0, 1000, Math.random());
      return { kind: 'retry', at, reason: `the region "${hand.region}" is in trouble`, failingSince: stored.failingSince };
    }
    try {
      const { deadlineMs } = this.#options;
      const { signal } = this.#stopping;
      const event = read.event as AttributionEvent<UtmPolicy>;
      const { maybeDuplicate } = await hand.send(event, { deadlineMs, signal, whenSuspended: 'wait' });
      this.#delivered += 1;
      if (maybeDuplicate) this.#maybeDuplicate += 1;
      this.#liftHold(projectId);
      if (this.#listener.listening) {
        const ageMs = Date.now() - stored.addedAt;
        this.#listener.notify({ type: 'delivered', id, projectId, ageMs, maybeDuplicate });
      }
      return { kind: 'delivered' };
    } finally {
      this.#suspended.leave(hand.region);
    }
  }

  #afterFailure(stored: QueueDelivery, error: AnyAttributionError): Outcome {
    const { partition: projectId } = stored;
    const now = Date.now();
    const decision = decideDelivery(error, this.#options.client.retryPolicy.whenMaybeRecorded === 'stop');
    if (decision === 'dead') return this.#die(stored, error.message);
    if (decision === 'hold') return this.#hold(stored, error, now);
    this.#holds.undecided(projectId);
    if (decision === 'hand_back') {
      this.#handedBack += 1;
      return { kind: 'retry', at: now, reason: 'it was handed back', failingSince: stored.failingSince };
    }
    const failingSince = stored.failingSince ?? now;
    if (now - failingSince > this.#options.maxFailingMs) {
      const since = new Date(failingSince).toISOString();
      return this.#die(
        stored,
        `it has been failing since ${since}, longer than maxFailingMs; at last: ${error.message}`,
      );
    }
    const { retry } = this.#options;
    const at = now + retryDelayMs(retry, now - failingSince, error.retryAfterMs ?? 0, Math.random());
    return this.#reschedule(stored, error, at, failingSince);
  }

  /** Its time stands still: what fails for want of credentials is not old when these come. */
  #hold(stored: QueueDelivery, error: AnyAttributionError, now: number): Outcome {
    const { partition: projectId } = stored;
    // The credentials may have been replaced where they are kept.
    this.#projects.drop(projectId);
    const { at, began } = this.#holds.refused(projectId, now);
    if (began) this.#listener.notify({ type: 'hold', projectId });
    return this.#reschedule(stored, error, at, undefined);
  }

  #reschedule(
    { id, partition: projectId }: QueueDelivery,
    { code, message }: AnyAttributionError,
    at: number,
    failingSince: number | undefined,
  ): Outcome {
    this.#rescheduled += 1;
    if (this.#listener.listening) {
      this.#listener.notify({ type: 'rescheduled', id, projectId, code, at: new Date(at) });
    }
    return { kind: 'retry', at: Math.ceil(at), reason: toSingleLine(message), failingSince };
  }

  #die({ id, partition: projectId }: QueueDelivery, why: string): Outcome {
    const reason = toSingleLine(why);
    this.#dead += 1;
    this.#holds.undecided(projectId);
    this.#listener.notify({ type: 'dead_letter', id, projectId, reason });
    return { kind: 'dead', reason };
  }

  #liftHold(projectId: string): void {
    if (!this.#holds.lift(projectId)) return;
    this.#listener.notify({ type: 'hold_ended', projectId });
    // What waits is due at the next probe; now it need not wait for that.
    this.#options.queue.release(projectId).then(
      async () => (await this.#consumer)?.wake(),
      () => undefined,
    );
  }

  #limits(): ReadonlyMap<string, number> {
    const limits = new Map<string, number>();
    this.#suspended.addLimits(limits);
    this.#holds.addLimits(limits, Date.now());
    return limits;
  }

  async #hand(projectId: string): Promise<Hand> {
    try {
      return await this.#projects.get(projectId);
    } catch (error) {
      throw lookupFailed(error, projectId);
    }
  }

  #lookUp(projectId: string): Hand | Promise<Hand> {
    const { client, credentials } = this.#options;
    const { defaultProject } = client;
    if (projectId === defaultProject?.projectId) return defaultProject;
    return lookUpProject(credentials, projectId, (found) => client.project(found));
  }
}

/** How much longer than the sends a consumer waits, for the settlements that these bring. */
const GRACE_MS = 5_000;

type Hand = ProjectClient<UtmPolicy>;

function projectIssues(projectId: unknown): ValidationIssue[] {
  if (projectId === undefined) {
    return [{ path: ['projectId'], message: 'is required where the client has no default project' }];
  }
  if (typeof projectId === 'string' && projectId !== '') return [];
  return [{ path: ['projectId'], message: 'must be a text that is not empty, or left out for the default project' }];
}

function idIssues(id: unknown): ValidationIssue[] {
  if (id === undefined) return [];
  if (typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && !hasControlCharacter(id)) return [];
  return [
    { path: ['id'], message: `must be a text of 1 to ${MAX_ID_LENGTH} characters, none of them a control character` },
  ];
}

/** Whatever else is thrown on the way is trouble of the moment: the event stays stored. */
function asAttributionError(error: unknown): AnyAttributionError {
  return isAttributionError(error) ? error : new StorageError('the delivery failed unexpectedly', { cause: error });
}
