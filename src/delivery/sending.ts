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
import type { Abortable } from './abort-watch.js';
import type { Entrant, Refusal } from './admission.js';
import { Expiring } from './deadlines.js';
import { EventNotices } from './event-notices.js';
import { readOutcome, toError, type AttemptFailure, type AttemptSuccess } from './failure.js';
import { GatePlace } from './gate-place.js';
import type { ListNode } from './linked-list.js';
import type { AttemptOutcome } from './outcome.js';
import { refusalError } from './refusal-error.js';
import { countsAgainstService, type RegionHealth } from './region-health.js';
import { decideRetry } from './retry-decision.js';
import { payForRetry } from './retry-payment.js';
import { RetryLoop, type Retrying } from './retry-loop.js';
import { Setbacks } from './setbacks.js';
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
  #attemptStartedAt = 0;
  #exchange: Exchange | undefined = undefined;
  #setbacks: Setbacks | undefined = undefined;
  #notices: EventNotices | undefined = undefined;

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
    if (observer.tracing) this.#tell()?.accepted(this.#access.endpoint, forwardedBy);
    pending.add(this, patient ? Number.POSITIVE_INFINITY : deadlineMs, this.#startedAt);
    if (signal !== undefined) this.context.signals.add(signal, this);
    this.#proceed(this.#startedAt);
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
    const before = this.#setbacks?.describeLast(host) ?? '';
    const message = `deadlineMs of ${deadlineMs} ms passed ${DOING[this.#phase]}${before}`;
    this.#giveUp((details) => new TimeoutError(message, details));
  }

  /** Next attempt, by way of the gate and the queue. */
  #proceed(now: number): void {
    const health = this.context.health(this.#access);
    if (!this.settings.patient || health.gate.open) {
      this.#queue(now);
      return;
    }
    this.#phase = 'gate';
    this.#stopTime(now);
    const place = new GatePlace(this, health);
    this.#hardship().gatePlace = place;
    health.gate.wait(place);
  }

  /** Its time stands still: before the first attempt of one that can wait, and behind the gate. */
  get #timeStandsStill(): boolean {
    return this.expiresAt === Number.POSITIVE_INFINITY;
  }

  #timeLeftMs(now: number): number {
    return this.#timeStandsStill ? (this.#setbacks?.timeLeftMs ?? this.settings.deadlineMs) : this.expiresAt - now;
  }

  /** Its time stands still until its next turn: an outage, however long, is not the event's fault. */
  #stopTime(now: number): void {
    if (this.#timeStandsStill) return;
    // In whole seconds, since each distinct duration has a timer.
    this.#hardship().timeLeftMs = Math.max(1, Math.ceil((this.expiresAt - now) / 1000)) * 1000;
    this.#expireIn(Number.POSITIVE_INFINITY, now);
  }

  #expireIn(durationMs: number, now: number): void {
    const { pending } = this.context;
    pending.remove(this);
    pending.add(this, durationMs, now);
  }

  #hardship(): Setbacks {
    this.#setbacks ??= new Setbacks();
    return this.#setbacks;
  }

  onGateOpen(): void {
    const setbacks = this.#hardship();
    if (setbacks.gatePlace?.asProbe === false) setbacks.gatePlace = undefined;
    this.#queue(performance.now());
    // The trouble of a project must not hold up its region: another may probe, and this one goes on when it can.
    if (setbacks.gatePlace !== undefined && this.context.admission.waitsForProject(this)) this.#leaveGate(false);
  }

  #queue(now: number): void {
    this.#phase = 'queue';
    if (this.context.admission.enter(this)) this.#go(now);
  }

  onTurn(): void {
    this.#go(performance.now());
  }

  #go(now: number): void {
    const { transport, observer, admission } = this.context;
    const { timeoutMs, signal } = this.settings;
    // What ends many at once (a signal they share, the deadline of a burst) ends them one by one, and each hands its place
    // on to one that is about to end as well: nothing more is begun for it.
    if (signal?.aborted === true) this.onAbort();
    else if (this.expiresAt <= now) this.onExpired();
    if (this.#is('over') || this.#isShutOut()) {
      admission.leave(this);
      if (!this.#is('over')) this.#proceed(now);
      return;
    }
    if (this.#timeStandsStill) this.#expireIn(this.#timeLeftMs(now), now);
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
    const { patient } = this.settings;
    return patient && this.#setbacks?.gatePlace === undefined && !this.context.health(this.#access).gate.open;
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
    if (failed) this.#hardship().note(result);
    const health = this.context.health(access);
    health.note(result);
    if (observer.listening) {
      this.#tellOfAttempt(failed ? result.code : 'delivered', result.status, failed && result.maybeRecorded);
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
    this.#setbacks?.loop?.onDelivered();
  }

  #failed(failure: AttemptFailure): void {
    const setbacks = this.#hardship();
    if (failure.retryable && !this.context.triesAgain()) this.close();
    else if (setbacks.loop !== undefined) setbacks.loop.onFailed(failure);
    else if (!failure.retryable) this.onGaveUp(failure);
    else {
      setbacks.loop = new RetryLoop(this);
      void setbacks.loop.run(failure);
    }
  }

  startAgain(): void {
    this.#access = this.project.access;
    this.#proceed(performance.now());
  }

  delayAfter(failure: AttemptFailure): number | undefined {
    const setbacks = this.#hardship();
    const timeLeftMs = this.#timeLeftMs(performance.now());
    const spent = this.attempts - setbacks.probes;
    const decision = decideRetry(failure, spent, timeLeftMs, this.context.retry, Math.random());
    if (decision.kind === 'stop') {
      setbacks.stopped = decision.because;
      return undefined;
    }
    const { endpoint } = this.#access;
    const health = this.context.health(this.#access);
    const delayMs = payForRetry(failure, decision.delayMs, health, this.settings.patient);
    if (delayMs !== undefined) this.#tell()?.retry(endpoint, this.attempts, failure.code, delayMs);
    else setbacks.stopped = `not tried again, since the retry budget of region "${endpoint.region}" is used up`;
    return delayMs;
  }

  onPause(): void {
    this.#phase = 'pause';
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
    const setbacks = this.#setbacks;
    const place = setbacks?.gatePlace;
    if (setbacks === undefined || place === undefined) return;
    setbacks.gatePlace = undefined;
    if (place.health !== health) place.health.gate.leave(place);
    else if (result.kind === 'failed' && countsAgainstService(result.code)) {
      setbacks.probes += 1;
      health.gate.probeFailed(place, result.retryAfterMs);
    } else health.reopenGate();
  }

  #leaveGate(unanswered: boolean): void {
    const setbacks = this.#setbacks;
    const place = setbacks?.gatePlace;
    if (setbacks === undefined || place === undefined) return;
    setbacks.gatePlace = undefined;
    if (unanswered) place.health.gate.probeFailed(place);
    else place.health.gate.leave(place);
  }

  #giveUp(errorFrom: (details: ErrorDetails) => AnyAttributionError): void {
    if (this.#is('over')) return;
    const { admission, observer } = this.context;
    const phase = this.#phase;
    this.#phase = 'over';
    const exchange = this.#exchange;
    const written = exchange?.cancel() ?? false;
    const setbacks = this.#setbacks;
    const maybeRecorded = written || setbacks?.maybeRecorded === true;
    const { host } = this.#access.endpoint;
    const { attempts, projectId } = this;
    const details = { attempts, status: setbacks?.lastFailure?.status, maybeRecorded, host, projectId };
    const error = errorFrom(details);
    if (phase === 'flight') observer.inFlight -= 1;
    if (exchange !== undefined) this.#noteBrokenOff(error.code, written);
    if (phase === 'flight') admission.leave(this);
    if (phase === 'queue') admission.withdraw(this);
    this.#leaveGate(exchange !== undefined && error.code === 'timeout');
    setbacks?.loop?.end();
    this.#endFailed(error);
  }

  /** A request was under way when the sending was given up. */
  #noteBrokenOff(code: ErrorCode, written: boolean): void {
    const { observer } = this.context;
    // Only silence speaks against the service; that the caller aborted or closed does not.
    if (code === 'timeout') this.context.health(this.#access).note({ kind: 'failed', code, status: undefined });
    if (observer.listening) this.#tellOfAttempt(code, undefined, written);
  }

  #deliver({ confirmed, status }: AttemptSuccess): void {
    const { observer } = this.context;
    const { endpoint } = this.#access;
    const { region, host } = endpoint;
    const { attempts, projectId } = this;
    const maybeDuplicate = this.#setbacks?.maybeRecorded === true;
    const durationMs = sinceMs(this.#startedAt);
    observer.delivered += 1;
    if (!confirmed) observer.unconfirmed += 1;
    if (maybeDuplicate) observer.maybeDuplicate += 1;
    this.#tell()?.delivered(endpoint, { attempts, confirmed, maybeDuplicate, status, durationMs });
    this.listener.onDelivered({ confirmed, attempts, maybeDuplicate, status, durationMs, projectId, region, host });
    this.context.onEnd();
  }

  onGaveUp(failure: AttemptFailure): void {
    const { endpoint } = this.#access;
    const { attempts, projectId } = this;
    const { maybeRecorded, stopped } = this.#hardship();
    this.#endFailed(toError(failure, { endpoint, projectId, attempts, maybeRecorded, stopped }));
  }

  #endFailed(error: AnyAttributionError): void {
    const { observer } = this.context;
    this.#end();
    observer.countFailure(error.code);
    this.#tell()?.failed(this.#access.endpoint, error);
    this.listener.onFailed(error);
    this.context.onEnd();
  }

  #end(): void {
    this.#phase = 'over';
    this.context.pending.remove(this);
    const { signal } = this.settings;
    if (signal !== undefined) this.context.signals.remove(signal, this);
  }

  #tellOfAttempt(outcome: 'delivered' | ErrorCode, status: number | undefined, maybeRecorded: boolean): void {
    const attempt = this.attempts;
    const durationMs = sinceMs(this.#attemptStartedAt);
    this.#tell()?.attempt(this.#access.endpoint, { attempt, outcome, status, maybeRecorded, durationMs });
  }

  /** Whoever is told what happens to the event, if anybody is. */
  #tell(): EventNotices | undefined {
    const { observer } = this.context;
    if (!observer.listening) return undefined;
    this.#notices ??= new EventNotices(observer, this.projectId, this.event.type);
    return this.#notices;
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
