import { hasSameCredentials, type Access } from '../contract/access.js';
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
 * Counts how often one project's credentials (or the partner, for want of whitelisting) are refused without a success
 * between, and holds the project when that is no accident: each further request would be refused as well.
 *
 * A hold is over when it has lasted `HOLD_MS`, when a request gets through all the same, or when it is released. After
 * its time is up one more refusal renews it.
 */
export class AuthenticationHold {
  #refusedAccess: Access | undefined = undefined;
  #refusals = 0;
  #hold: Hold | undefined = undefined;

  /** Whether it has nothing to remember. */
  get idle(): boolean {
    return this.#refusals === 0;
  }

  /** The hold on these credentials, if they are on hold. */
  on(access: Access, now: number): Hold | undefined {
    const hold = this.#hold;
    return hold !== undefined && now < hold.endsAt && hasSameCredentials(hold.access, access) ? hold : undefined;
  }

  /** The hold, whichever credentials it is on. */
  current(now: number): Hold | undefined {
    return this.#hold !== undefined && now < this.#hold.endsAt ? this.#hold : undefined;
  }

  /** Notes a refusal of a request with this access; the hold, if that began or renewed one. */
  refused(access: Access, code: Hold['code'], now: number): Hold | undefined {
    // A row is of the same credentials: those replaced meanwhile do not speak against the new ones.
    if (this.#refusedAccess === undefined || !hasSameCredentials(this.#refusedAccess, access)) {
      this.release();
      this.#refusedAccess = access;
    }
    this.#refusals += 1;
    if (this.#refusals < HOLD_AFTER || this.on(access, now) !== undefined) return undefined;
    this.#hold = { access, refusals: this.#refusals, code, endsAt: now + HOLD_MS };
    return this.#hold;
  }

  /** Forgets everything; true if that ended a hold. */
  release(): boolean {
    const held = this.#hold !== undefined;
    this.#refusedAccess = undefined;
    this.#refusals = 0;
    this.#hold = undefined;
    return held;
  }
}
