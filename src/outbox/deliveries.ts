import type { AttributionEvent, ParsedEvent, UtmPolicy } from '../contract/event.js';
import { toSingleLine } from '../contract/text.js';
import { isAttributionError, StorageError, type AnyAttributionError } from '../errors.js';
import { lookUpProject } from '../forward/credentials-lookup.js';
import { lookupFailed } from '../forward/credentials-trouble.js';
import { ProjectDirectory } from '../forward/project-directory.js';
import type { NoticeSink } from '../observe/notice-listener.js';
import type { ProjectClient } from '../project-client.js';
import { decideDelivery } from './delivery-decision.js';
import type { OutboxNotice } from './outbox-notice.js';
import type { ResolvedOutboxOptions } from './outbox-options.js';
import { ProjectHolds } from './project-holds.js';
import type { Outcome, QueueDelivery } from './queue.js';
import { retryDelayMs } from './retry-schedule.js';
import { readStoredEvent } from './stored-event.js';
import { SuspendedRegions } from './suspended-regions.js';

type Hand = ProjectClient<UtmPolicy>;

/** What became of the events that were handed out. */
export interface DeliveryCounts {
  delivered: number;
  maybeDuplicate: number;
  rescheduled: number;
  dead: number;
  handedBack: number;
  out: number;
}

/** Handed back because this process stops. */
class Stopping extends Error {}

/** Delivers stored events through the client, and decides what becomes of each: gone, due again at some time, or dead. */
export class Deliveries {
  readonly counts: DeliveryCounts = { delivered: 0, maybeDuplicate: 0, rescheduled: 0, dead: 0, handedBack: 0, out: 0 };
  readonly #options: ResolvedOutboxOptions;
  readonly #listener: NoticeSink<OutboxNotice>;
  readonly #onHoldLifted: (projectId: string) => void;
  readonly #holds: ProjectHolds;
  readonly #suspended: SuspendedRegions;
  readonly #projects: ProjectDirectory<Hand>;
  readonly #stopping = new AbortController();

  /** @param onHoldLifted Told when a delivery has ended the hold of a project: what waits of it need not wait for a probe. */
  constructor(
    options: ResolvedOutboxOptions,
    listener: NoticeSink<OutboxNotice>,
    onHoldLifted: (projectId: string) => void,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#onHoldLifted = onHoldLifted;
    this.#holds = new ProjectHolds(options.probe);
    this.#suspended = new SuspendedRegions(options.client);
    this.#projects = new ProjectDirectory((projectId) => this.#lookUp(projectId));
  }

  /** Projects on hold. */
  get projectsOnHold(): number {
    return this.#holds.size;
  }

  /** Delivers one event; what becomes of it in the queue. Never rejects. */
  async deliver(stored: QueueDelivery): Promise<Outcome> {
    this.counts.out += 1;
    this.#holds.begin(stored.partition);
    const outcome = await this.#attempt(stored).catch((error: unknown) =>
      this.#afterFailure(stored, asAttributionError(error)),
    );
    this.counts.out -= 1;
    return outcome;
  }

  /** Of which projects fewer events may be out now, with their number. */
  limits(): ReadonlyMap<string, number> {
    const limits = new Map<string, number>();
    const now = Date.now();
    this.#suspended.addLimits(limits);
    for (const projectId of this.#holds.forgetIdle(now)) this.#listener.notify({ type: 'hold_ended', projectId });
    this.#holds.addLimits(limits, now);
    return limits;
  }

  /**
   * Checks an event of a project: its length with the project's credentials where they are at hand, otherwise with the shortest
   * there can be. Nobody is asked for credentials.
   *
   * @throws {ValidationError} with everything that is wrong with it.
   */
  parse(event: unknown, projectId: string): ParsedEvent<UtmPolicy> {
    const { client } = this.#options;
    const own = client.defaultProject;
    const hand = own?.projectId === projectId ? own : this.#projects.known(projectId);
    return (hand ?? client).parse(event as AttributionEvent<UtmPolicy>);
  }

  /** Forgets the credentials of a project, which were replaced, and lifts its hold; true if there was one. */
  release(projectId: string): boolean {
    this.#projects.drop(projectId);
    const lifted = this.#holds.lift(projectId);
    if (lifted) this.#listener.notify({ type: 'hold_ended', projectId });
    return lifted;
  }

  /** Ends what is out: it is handed back. */
  stop(): void {
    this.#stopping.abort(new Stopping());
  }

  async #attempt(stored: QueueDelivery): Promise<Outcome> {
    const { id, partition: projectId, payload } = stored;
    const read = readStoredEvent(payload);
    if ('problem' in read) return this.#die(stored, read.problem);
    const found = this.#hand(projectId);
    const hand = found instanceof Promise ? await found : found;
    if (!this.#suspended.enter(projectId, hand.region)) {
      this.counts.rescheduled += 1;
      this.#holds.undecided(projectId);
      const at = Date.now() + retryDelayMs(this.#options.retry, 0, 1000, Math.random());
      const reason = `the region "${hand.region}" is in trouble`;
      return { kind: 'retry', at, reason, failingSince: stored.failingSince };
    }
    try {
      const { deadlineMs } = this.#options;
      const { signal } = this.#stopping;
      const event = read.event as AttributionEvent<UtmPolicy>;
      const { maybeDuplicate } = await hand.send(event, { deadlineMs, signal, whenSuspended: 'wait' });
      this.counts.delivered += 1;
      if (maybeDuplicate) this.counts.maybeDuplicate += 1;
      this.#notOnHold(projectId);
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
      this.counts.handedBack += 1;
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
    this.counts.rescheduled += 1;
    if (this.#listener.listening) {
      this.#listener.notify({ type: 'rescheduled', id, projectId, code, at: new Date(at) });
    }
    return { kind: 'retry', at: Math.ceil(at), reason: toSingleLine(message), failingSince };
  }

  #die({ id, partition: projectId }: QueueDelivery, why: string): Outcome {
    const reason = toSingleLine(why);
    this.counts.dead += 1;
    this.#holds.undecided(projectId);
    this.#listener.notify({ type: 'dead_letter', id, projectId, reason });
    return { kind: 'dead', reason };
  }

  #notOnHold(projectId: string): void {
    if (!this.#holds.lift(projectId)) return;
    this.#listener.notify({ type: 'hold_ended', projectId });
    this.#onHoldLifted(projectId);
  }

  /** At once for a project that is known: this is asked for each event. */
  #hand(projectId: string): Hand | Promise<Hand> {
    const failed = (error: unknown): never => {
      throw lookupFailed(error, projectId);
    };
    try {
      const hand = this.#projects.get(projectId);
      return hand instanceof Promise ? hand.catch(failed) : hand;
    } catch (error) {
      return failed(error);
    }
  }

  #lookUp(projectId: string): Hand | Promise<Hand> {
    const { client, credentials } = this.#options;
    const { defaultProject } = client;
    if (projectId === defaultProject?.projectId) return defaultProject;
    return lookUpProject(credentials, projectId, (found) => client.project(found));
  }
}

/** Whatever else is thrown on the way is trouble of the moment: the event stays stored. */
function asAttributionError(error: unknown): AnyAttributionError {
  return isAttributionError(error) ? error : new StorageError('the delivery failed unexpectedly', { cause: error });
}
