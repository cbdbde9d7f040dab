import type { Access } from '../contract/access.js';
import type { Observer } from '../observe/observer.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import { AuthenticationHold, HOLD_MS, type Hold } from './authentication-hold.js';
import { backOffDelayMs, type BackOff } from './back-off.js';
import type { AttemptFailure, AttemptSuccess } from './failure.js';
import { holdRemedy } from './refusal-error.js';

/** One attempt as far as the health of its project depends on it. */
export interface ProjectAttempt {
  readonly access: Access;
  readonly result: AttemptSuccess | AttemptFailure;
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** Whether the project's places were all taken while it was under way. */
  readonly atLimit: boolean;
}

/**
 * What is known of a project in trouble: how many requests at once its account bears, until when it asked for none at
 * all, and whether its credentials are on hold.
 */
export class ProjectHealth {
  readonly #limit: AdaptiveLimit;
  readonly #hold = new AuthenticationHold();
  #refusedInARow = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(
    readonly projectId: string,
    highestLimit: number,
    private readonly backOff: BackOff,
    private readonly observer: Observer,
    private readonly random: () => number = Math.random,
  ) {
    this.#limit = new AdaptiveLimit(highestLimit);
  }

  /** Requests that may be in flight. */
  get limit(): number {
    return this.#limit.current;
  }

  /** Whether a hold has lasted its time, so that it is for one request to find out what the credentials are worth now. */
  needsTrial(now: number): boolean {
    return this.#hold.hasLapsed(now);
  }

  /** Whether there is nothing to remember of it. */
  isWell(now: number): boolean {
    return this.#limit.settled && this.#hold.idle && this.pauseLeftMs(now) === 0;
  }

  /** How much longer nothing may be sent for it, in milliseconds. */
  pauseLeftMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** The hold on these credentials, if they are on hold. */
  holdOn(access: Access, now: number): Hold | undefined {
    return this.#hold.on(access, now);
  }

  /** Whether any credentials of it are on hold. */
  isHeld(now: number): boolean {
    return this.#hold.current(now) !== undefined;
  }

  /** Notes what came of an attempt; the hold, if that began one. */
  note(attempt: ProjectAttempt, now: number): Hold | undefined {
    const { access, result } = attempt;
    if (result.kind === 'delivered') this.#noteDelivered(attempt);
    else if (result.code === 'rate_limited') this.#noteRateLimited(attempt, result, now);
    else if (refusesCredentials(result)) return this.#noteRefused(access, result.code, now);
    return undefined;
  }

  /** Lifts the hold, since the credentials were replaced. */
  release(access: Access): void {
    if (this.#hold.release()) this.#notifyHoldEnded(access, 'credentials_replaced');
  }

  #noteDelivered({ access, atLimit }: ProjectAttempt): void {
    this.#refusedInARow = 0;
    if (this.#hold.delivered(access)) this.#notifyHoldEnded(access, 'delivered');
    if (atLimit && this.#limit.succeeded()) this.#notifyLimit(access, 'recovered', 0);
  }

  #noteRateLimited({ access, startedAt }: ProjectAttempt, { retryAfterMs = 0 }: AttemptFailure, now: number): void {
    const effect = this.#limit.refused(startedAt, now);
    const backOffMs = effect === 'lowest' ? this.#backOffMs() : 0;
    const pausedMs = Math.max(retryAfterMs, backOffMs);
    const until = now + pausedMs;
    const longer = pausedMs > 0 && until > this.#pausedUntil;
    if (longer) this.#pausedUntil = until;
    if (effect === 'lowered' || longer) this.#notifyLimit(access, 'rate_limited', pausedMs);
  }

  /** Where one request at a time is still too much, only time helps. */
  #backOffMs(): number {
    this.#refusedInARow += 1;
    return backOffDelayMs(this.#refusedInARow, this.backOff, this.random());
  }

  #noteRefused(access: Access, code: Hold['code'], now: number): Hold | undefined {
    const hold = this.#hold.refused(access, code, now);
    if (hold === undefined || !this.observer.listening) return hold;
    const { region, host } = access.endpoint;
    const { refusals } = hold;
    const message = `${refusals} refusals in a row: nothing is sent for project ${this.projectId} with these credentials for ${HOLD_MS / 1000} s; ${holdRemedy(code)}`;
    this.observer.notify({ type: 'hold', projectId: this.projectId, region, host, code, refusals, message });
    return hold;
  }

  #notifyHoldEnded({ endpoint }: Access, because: 'credentials_replaced' | 'delivered'): void {
    const { region, host } = endpoint;
    this.observer.notify({ type: 'hold_ended', projectId: this.projectId, region, host, because });
  }

  #notifyLimit({ endpoint }: Access, because: 'rate_limited' | 'recovered', pausedMs: number): void {
    const { region, host } = endpoint;
    const limit = this.#limit.current;
    this.observer.notify({ type: 'limit', projectId: this.projectId, region, host, limit, because, pausedMs });
  }
}

/** Whether an attempt failed for a reason that all further ones with its credentials would fail for. */
export function refusesCredentials(failure: AttemptFailure): failure is AttemptFailure & { code: Hold['code'] } {
  return failure.code === 'authentication' || failure.reason === 'partner_not_whitelisted';
}
