import type { Access } from '../contract/access.js';
import type { Hold } from './authentication-hold.js';
import type { AttemptFailure, AttemptSuccess } from './failure.js';
import type { ListNode } from './linked-list.js';

/** A project as the admission sees it; it has to do with one admission only. */
export interface AdmittedProject {
  readonly projectId: string;
  /** Its lane, so that it need not be looked up for each event; kept by the admission. */
  lane?: ListNode | undefined;
}

/** Somebody who needs a place among the requests in flight. */
export interface Entrant {
  /** The project whose limit applies. */
  readonly project: AdmittedProject;
  /** What its next request would be made with. */
  readonly access: Access;
  /** Requests that were made for it; once there was one, it goes ahead of others of its project that had none. */
  readonly attempts: number;
  /** When its time is up, on the clock of `performance.now()`. */
  readonly expiresAt: number;
  /** Its project's lane, while it waits or is in; kept by the admission, as are the next three. */
  lane: ListNode | undefined;
  /** Whether it waits for its turn. */
  waits: boolean;
  /** Whose turn comes before its own. */
  ahead: Entrant | undefined;
  /** Whose turn comes after its own. */
  behind: Entrant | undefined;
  /** Its turn has come; it has its place and must give it back with `leave`. */
  onTurn(): void;
  /** It gets no place, and waits for none. */
  onRefused(refusal: Refusal): void;
}

/** Why somebody gets no place: the project is on hold, or is not to be asked before the entrant's time is up. */
export type Refusal =
  { readonly kind: 'hold'; readonly hold: Hold } | { readonly kind: 'pause'; readonly leftMs: number };

/** Decides who may have a request in flight; the limits themselves are the business of `forward/`. */
export interface Admission {
  /** Asks for a place: true if it is granted at once. If not, `onTurn` follows, or `onRefused`, possibly from within. */
  enter(entrant: Entrant): boolean;
  /** Whether somebody who waits would have to wait as well if nobody else were there but their own project. */
  waitsForProject(entrant: Entrant): boolean;
  /** Stops waiting for a place. */
  withdraw(entrant: Entrant): void;
  /** Tells what came of a request of somebody who is in; `startedAt` is on the clock of `performance.now()`. */
  note(entrant: Entrant, access: Access, result: AttemptSuccess | AttemptFailure, startedAt: number): void;
  /** Gives the place back. */
  leave(entrant: Entrant): void;
}
