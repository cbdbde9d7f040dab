import type { Access } from '../contract/access.js';
import type { ErrorCode } from '../errors.js';

/** Refusals of the credentials in a row that put a project on hold. */
export const HOLD_AFTER = 5;

/** How long a hold lasts before the credentials are tried again, in milliseconds. */
export const HOLD_MS = 60_000;

/** Why nothing is sent with certain credentials for a while. */
export interface Hold {
  /** The access whose credentials were refused. */
  readonly access: Access;
  /** Refusals in a row. */
  readonly refusals: number;
  /** What the server refused: the credentials, or the partner for this project. */
  readonly code: Extract<ErrorCode, 'authentication' | 'bad_request'>;
  /** When they are tried again, on the clock of `performance.now()`. */
  readonly endsAt: number;
}

/**
 * Counts how often the same credentials of one project (or the partner, for want of whitelisting) are refused without a
 * success between, and holds the project when that is no accident: each further request would be refused as well.
 *
 * A hold is over when it has lasted `HOLD_MS`, when a request gets through all the same, or when it is released. After
 * its time is up it is for one request to find out, and one more refusal renews it.
 */
export class AuthenticationHold {
  #refusedAccess: Access | undefined = undefined;
  #refusals = 0;
  #hold: Hold | undefined = undefined;

  /** Whether it has nothing to remember. */
  get idle(): boolean {
    return this.#refusals === 0 && this.#hold === undefined;
  }

  /** The hold on these credentials, if they are on hold. */
  on(access: Access, now: number): Hold | undefined {
    const hold = this.current(now);
    return hold !== undefined && hold.access.hasSameCredentials(access) ? hold : undefined;
  }

  /** The hold, whichever credentials it is on. */
  current(now: number): Hold | undefined {
    return this.#hold !== undefined && now < this.#hold.endsAt ? this.#hold : undefined;
  }

  /** Whether a hold has lasted its time and nothing has been heard of the credentials since. */
  hasLapsed(now: number): boolean {
    return this.#hold !== undefined && now >= this.#hold.endsAt;
  }

  /** Notes a refusal of a request with this access; the hold, if that began or renewed one. */
  refused(access: Access, code: Hold['code'], now: number): Hold | undefined {
    if (this.on(access, now) !== undefined) return undefined;
    if (this.#refusedAccess === undefined || !this.#refusedAccess.hasSameCredentials(access)) {
      const held = this.#hold !== undefined && this.#hold.access.hasSameCredentials(access) ? this.#hold : undefined;
      this.#refusedAccess = access;
      this.#refusals = held?.refusals ?? 0;
    }
    this.#refusals += 1;
    if (this.#refusals < HOLD_AFTER) return undefined;
    this.#hold = { access, refusals: this.#refusals, code, endsAt: now + HOLD_MS };
    return this.#hold;
  }

  /** Notes that a request with this access got through; true if that ended a hold. */
  delivered(access: Access): boolean {
    if (this.#refusedAccess !== undefined && this.#refusedAccess.hasSameCredentials(access)) this.#forgetRow();
    // That other credentials are right makes these no better, but a partner that is whitelisted is so for all of them.
    if (this.#hold === undefined) return false;
    if (this.#hold.code === 'authentication' && !this.#hold.access.hasSameCredentials(access)) return false;
    return this.release();
  }

  /** Forgets everything; true if that ended a hold. */
  release(): boolean {
    const held = this.#hold !== undefined;
    this.#forgetRow();
    this.#hold = undefined;
    return held;
  }

  #forgetRow(): void {
    this.#refusedAccess = undefined;
    this.#refusals = 0;
  }
}
