import type { Access } from '../contract/access.js';
import type { ParsedEvent, UtmPolicy } from '../contract/event.js';
import {
  AbortedError,
  ClosedError,
  TimeoutError,
  ValidationError,
  type AnyAttributionError,
  type ErrorCode,
  type ErrorDetails,
} from '../errors.js';
import type { EventNotice } from '../observe/notice.js';
import type { EventTelemetry } from '../observe/telemetry.js';
import type { Abortable } from './abort-watch.js';
import type { Entrant, Refusal } from './admission.js';
import { Expiring } from './deadlines.js';
import { describeFailure, readOutcome, toError, type AttemptFailure, type AttemptSuccess } from './failure.js';
import { GatePlace } from './gate-place.js';
import type { ListNode } from './linked-list.js';
import type { AttemptOutcome } from './outcome.js';
import { refusalError } from './refusal-error.js';
import { countsAgainstService, type RegionHealth } from './region-health.js';
import { decideRetry } from './retry-decision.js';
import { RetryLoop, type Retrying } from './retry-loop.js';
import type { SendingContext, SendingListener, SendingProject, SendingSettings } from './sending-context.js';
import type { Exchange, OutcomeListener } from './transport.js';
import { callerContext } from './untraced.js';

type Phase = keyof typeof DOING;

/**
 * One event on its way: through the gate of its region, its project's limit and the wire, again after failures that
 * pass, until it is delivered or has failed for good, within one deadline.
 *
 * A first attempt that succeeds runs on plain callbacks; the retry loop is entered when the first attempt has failed.
 */
export class Sending extends Expiring implements OutcomeListener, Entrant, Abortable, Retrying {
  readonly caller = callerContext();
  lane: ListNode | undefined = undefined;
  waits = false;
  ahead: Entrant | undefined = undefined;
  behind: Entrant | undefined = undefined;
  attempts = 0;
  #phase: Phase = 'ready';
  readonly #startedAt = performance.now();
  #access: Access;
  /** Attempts that were spent on probing for the region, not on the event. */
  #probes = 0;
  /** What is left of `deadlineMs` while its time stands still; nothing is used up before the first attempt. */
  #timeLeftMs: number | undefined = undefined;
  #attemptStartedAt = 0;
  #maybeRecorded = false;
  #lastFailure: AttemptFailure | undefined = undefined;
  #exchange: Exchange | undefined = undefined;
  #gatePlace: GatePlace | undefined = undefined;
  #loop: RetryLoop | undefined = undefined;
  #stopped: string | undefined = undefined;
  #telemetry: EventTelemetry | undefined = undefined;

  /** @throws {ValidationError} if the event's request would be longer than `maxUrlBytes`. */
  constructor(
    private readonly context: SendingContext,
    readonly project: SendingProject,
    private readonly event: ParsedEvent<UtmPolicy>,
    private readonly settings: SendingSettings,
    private readonly listener: SendingListener,
  ) {
    super();
    this.#access = project.access;
    this.#access.checkLength(event);
  }

  get projectId(): string {
    return this.project.projectId;
  }

  get access(): Access {
    return this.project.access;
  }

  /** Begins; from now on it is pending. */
  start(): void {
    const { pending, observer } = this.context;
    observer.accepted += 1;
    const { patient, deadlineMs, signal, forwardedBy } = this.settings;
    if (observer.tracing) {
      this.#telemetry = observer.begin({ ...this.#about(), path: this.#access.endpoint.path, forwardedBy });
    }
    if (patient) this.#timeLeftMs = deadlineMs;
    pending.add(this, patient ? Number.POSITIVE_INFINITY : deadlineMs, this.#startedAt);
    if (signal !== undefined) this.context.signals.add(signal, this);
    this.#proceed();
  }

  /** Gives up because the client closes. */
  close(): void {
    this.#giveUp((details) => new ClosedError('the client was closed before the event was delivered', details));
  }

  /** Gives up because the client closes, unless a request of it is under way. */
  closeUnlessInFlight(): void {
    if (!this.#is('flight')) this.close();
  }

  /** The caller's signal fired. */
  onAbort(): void {
    const cause: unknown = this.settings.signal?.reason;
    this.#giveUp((details) => new AbortedError('the caller aborted the event', { ...details, cause }));
  }

  /** It gets no place: its project is on hold, or asks for more time than is left. */
  onRefused(refusal: Refusal): void {
    this.#giveUp((details) => refusalError(refusal, details));
  }

  override onExpired(): void {
    const { deadlineMs } = this.settings;
    const { host } = this.#access.endpoint;
    const before = this.#lastFailure && `; before, ${describeFailure(this.#lastFailure, host)}`;
    const message = `deadlineMs of ${deadlineMs} ms passed ${DOING[this.#phase]}${before ?? ''}`;
    this.#giveUp((details) => new TimeoutError(message, details));
  }

  /** Next attempt, by way of the gate and the queue. */
  #proceed(): void {
    const health = this.context.health(this.#access);
    if (!this.settings.patient || health.gate.open) {
      this.#queue();
      return;
    }
    this.#phase = 'gate';
    this.#stopTime();
    this.#gatePlace = new GatePlace(this, health);
    health.gate.wait(this.#gatePlace);
  }

  /** Its time stands still until its next turn: an outage, however long, is not the event's fault. */
  #stopTime(): void {
    if (this.#timeLeftMs !== undefined) return;
    const { pending } = this.context;
    const now = performance.now();
    // In whole seconds, since each distinct duration has a timer.
    this.#timeLeftMs = Math.max(1, Math.ceil((this.expiresAt - now) / 1000)) * 1000;
    pending.remove(this);
    pending.add(this, Number.POSITIVE_INFINITY, now);
  }

  #startTime(leftMs: number, now: number): void {
    const { pending } = this.context;
    this.#timeLeftMs = undefined;
    pending.remove(this);
    pending.add(this, leftMs, now);
  }

  onGateOpen(): void {
    if (this.#gatePlace?.asProbe === false) this.#gatePlace = undefined;
    this.#queue();
    // The trouble of a project must not hold up its region: another may probe, and this one goes on when it can.
    if (this.#gatePlace !== undefined && this.context.admission.waitsForProject(this)) this.#leaveGate(false);
  }

  #queue(): void {
    this.#phase = 'queue';
    if (this.context.admission.enter(this)) this.onTurn();
  }

  onTurn(): void {
    const { transport, observer, admission } = this.context;
    const { timeoutMs, signal } = this.settings;
    const now = performance.now();
    // What ends many at once (a signal they share, the deadline of a burst) ends them one by one, and each hands its place
    // on to one that is about to end as well: nothing more is begun for it.
    if (signal?.aborted === true) this.onAbort();
    else if (this.expiresAt <= now) this.onExpired();
    if (this.#is('over') || this.#isShutOut()) {
      admission.leave(this);
      if (!this.#is('over')) this.#proceed();
      return;
    }
    if (this.#timeLeftMs !== undefined) this.#startTime(this.#timeLeftMs, now);
    this.#phase = 'flight';
    observer.inFlight += 1;
    const path = this.#encode();
    if (path === undefined) return;
    this.attempts += 1;
    this.#attemptStartedAt = now;
    observer.attempts += 1;
    if (this.attempts > 1) observer.retries += 1;
    const exchange = transport.start(this.#access.endpoint, path, timeoutMs, this);
    // It may have ended at once.
    if (this.#is('flight')) this.#exchange = exchange;
    else if (this.#is('over')) exchange.cancel();
  }

  /** Whether the gate was closed while it waited for its turn. */
  #isShutOut(): boolean {
    return this.settings.patient && this.#gatePlace === undefined && !this.context.health(this.#access).gate.open;
  }

  // A method, as the compiler takes a phase that was just set for one that stays.
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  onOutcome(outcome: AttemptOutcome): void {
    if (this.#is('over')) return;
    const { admission, observer, requireConfirmation } = this.context;
    const access = this.#access;
    const result = readOutcome(outcome, access, requireConfirmation);
    const failed = result.kind === 'failed';
    this.#exchange = undefined;
    observer.inFlight -= 1;
    // Before anybody hears of it: a listener that aborts or closes must not end it a second time.
    if (failed) this.#phase = 'ready';
    else this.#end();
    if (failed) {
      this.#maybeRecorded ||= result.maybeRecorded;
      this.#lastFailure = result;
    }
    const health = this.context.health(access);
    health.note(result);
    if (observer.listening) {
      this.#notifyAttempt(failed ? result.code : 'delivered', result.status, failed && result.maybeRecorded);
    }
    // Before the gate lets others of its project through.
    admission.note(this, access, result, this.#attemptStartedAt);
    this.#reportProbe(result, health);
    admission.leave(this);
    if (!failed) this.#succeeded(result);
    else if (!this.#is('over')) this.#failed(result);
  }

  #succeeded(success: AttemptSuccess): void {
    this.#deliver(success);
    this.#loop?.onDelivered();
  }

  #failed(failure: AttemptFailure): void {
    if (failure.retryable && !this.context.triesAgain()) this.close();
    else if (this.#loop !== undefined) this.#loop.onFailed(failure);
    else if (!failure.retryable) this.onGaveUp(failure);
    else {
      this.#loop = new RetryLoop(this);
      void this.#loop.run(failure);
    }
  }

  startAgain(): void {
    this.#access = this.project.access;
    this.#proceed();
  }

  delayAfter(failure: AttemptFailure): number | undefined {
    const timeLeftMs = this.#timeLeftMs ?? this.expiresAt - performance.now();
    const spent = this.attempts - this.#probes;
    const decision = decideRetry(failure, spent, timeLeftMs, this.context.retry, Math.random());
    if (decision.kind === 'stop') {
      this.#stopped = decision.because;
      return undefined;
    }
    const delayMs = this.#payForRetry(failure, decision.delayMs);
    if (delayMs !== undefined && this.context.observer.listening) {
      const { code } = failure;
      this.context.observer.notify(
        { type: 'retry', ...this.#about(), attempt: this.attempts, code, delayMs },
        this.#telemetry,
      );
    }
    return delayMs;
  }

  onPause(): void {
    this.#phase = 'pause';
  }

  /** The delay of a retry that the region's budget bears, or that will wait at the gate; undefined if there is none. */
  #payForRetry(failure: AttemptFailure, delayMs: number): number | undefined {
    const { patient } = this.settings;
    const health = this.context.health(this.#access);
    // It says nothing of the region: the project's own limit and pause see to it.
    if (failure.code === 'rate_limited') return delayMs;
    const floorMs = failure.retryAfterMs ?? 0;
    // Behind a closed gate the probe sets the pace; what the server asked of this event holds all the same.
    if (patient && !health.gate.open) return floorMs;
    if (health.budget.take()) return delayMs;
    if (patient) {
      health.closeGate(floorMs);
      return floorMs;
    }
    this.#stopped = `not tried again, since the retry budget of region "${this.#access.endpoint.region}" is used up`;
    return undefined;
  }

  /** Encoded anew for each attempt: what waits need not hold it, and the credentials may have been replaced. */
  #encode(): string | undefined {
    this.#access = this.project.access;
    try {
      return this.#access.encode(this.event);
    } catch (error) {
      // With longer credentials than it was accepted with, it may have become too long.
      const { issues } = error as ValidationError;
      this.#giveUp((details) => new ValidationError('event', issues, details));
      return undefined;
    }
  }

  /** Tells the gate what came of the probe, if it was one. */
  #reportProbe(result: AttemptSuccess | AttemptFailure, health: RegionHealth): void {
    const place = this.#gatePlace;
    if (place === undefined) return;
    this.#gatePlace = undefined;
    if (place.health !== health) place.health.gate.leave(place);
    else if (result.kind === 'failed' && countsAgainstService(result.code)) {
      this.#probes += 1;
      health.gate.probeFailed(place, result.retryAfterMs);
    } else health.reopenGate();
  }

  #leaveGate(unanswered: boolean): void {
    const place = this.#gatePlace;
    this.#gatePlace = undefined;
    if (unanswered) place?.health.gate.probeFailed(place);
    else place?.health.gate.leave(place);
  }

  #giveUp(errorFrom: (details: ErrorDetails) => AnyAttributionError): void {
    if (this.#is('over')) return;
    const { admission, observer } = this.context;
    const phase = this.#phase;
    this.#phase = 'over';
    const exchange = this.#exchange;
    const written = exchange?.cancel() ?? false;
    this.#maybeRecorded ||= written;
    const { host } = this.#access.endpoint;
    const { attempts, projectId } = this;
    const status = this.#lastFailure?.status;
    const details = { attempts, status, maybeRecorded: this.#maybeRecorded, host, projectId };
    const error = errorFrom(details);
    if (phase === 'flight') observer.inFlight -= 1;
    if (exchange !== undefined) this.#noteBrokenOff(error.code, written);
    if (phase === 'flight') admission.leave(this);
    if (phase === 'queue') admission.withdraw(this);
    this.#leaveGate(exchange !== undefined && error.code === 'timeout');
    this.#loop?.end();
    this.#endFailed(error);
  }

  /** A request was under way when the sending was given up. */
  #noteBrokenOff(code: ErrorCode, written: boolean): void {
    const { observer } = this.context;
    // Only silence speaks against the service; that the caller aborted or closed does not.
    if (code === 'timeout') this.context.health(this.#access).note({ kind: 'failed', code, status: undefined });
    if (observer.listening) this.#notifyAttempt(code, undefined, written);
  }

  #deliver({ confirmed, status }: AttemptSuccess): void {
    const { observer } = this.context;
    const { region, host } = this.#access.endpoint;
    const attempts = this.attempts;
    const maybeDuplicate = this.#maybeRecorded;
    const durationMs = sinceMs(this.#startedAt);
    const { projectId } = this;
    observer.delivered += 1;
    if (!confirmed) observer.unconfirmed += 1;
    if (maybeDuplicate) observer.maybeDuplicate += 1;
    if (observer.listening) {
      const outcome = { attempts, confirmed, maybeDuplicate, status, durationMs };
      observer.notify({ type: 'delivered', ...this.#about(), ...outcome }, this.#telemetry);
    }
    this.listener.onDelivered({ confirmed, attempts, maybeDuplicate, status, durationMs, projectId, region, host });
    this.context.onEnd();
  }

  onGaveUp(failure: AttemptFailure): void {
    const { endpoint } = this.#access;
    const attempts = this.attempts;
    const maybeRecorded = this.#maybeRecorded;
    const stopped = this.#stopped;
    this.#endFailed(toError(failure, { endpoint, projectId: this.projectId, attempts, maybeRecorded, stopped }));
  }

  #endFailed(error: AnyAttributionError): void {
    const { observer } = this.context;
    this.#end();
    observer.countFailure(error.code);
    if (observer.listening) observer.notify({ type: 'failed', ...this.#about(), error }, this.#telemetry);
    this.listener.onFailed(error);
    this.context.onEnd();
  }

  #end(): void {
    this.#phase = 'over';
    this.context.pending.remove(this);
    const { signal } = this.settings;
    if (signal !== undefined) this.context.signals.remove(signal, this);
  }

  #notifyAttempt(outcome: 'delivered' | ErrorCode, status: number | undefined, maybeRecorded: boolean): void {
    const attempt = this.attempts;
    const durationMs = sinceMs(this.#attemptStartedAt);
    const result = { attempt, outcome, status, maybeRecorded, durationMs };
    this.context.observer.notify({ type: 'attempt', ...this.#about(), ...result }, this.#telemetry);
  }

  #about(): EventNotice {
    const { region, host } = this.#access.endpoint;
    return { projectId: this.projectId, region, host, eventType: this.event.type };
  }
}

const DOING = {
  ready: 'between two attempts',
  gate: 'while the region was in trouble and only probes were sent',
  queue: 'while the event waited for a place among the requests in flight',
  flight: 'while a request was under way',
  pause: 'while the event waited for its next attempt',
  over: 'after the end',
} as const;

/** To a hundredth of a millisecond. */
function sinceMs(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100;
}
