import type { ListNode } from './linked-list.js';

/** Somebody who needs a place among the requests in flight. */
export interface Entrant {
  /** The project whose limit applies. */
  readonly projectId: string;
  /** Where it stands in the queue, while it does; kept by the admission. */
  queuePosition: ListNode | undefined;
  /** Its turn has come; it has its place and must give it back with `leave`. */
  onTurn(): void;
}

/** Decides who may have a request in flight; the limits themselves are the business of `forward/`. */
export interface Admission {
  /** Asks for a place: true if it is granted at once (`onTurn` is not called then), else `onTurn` follows. */
  enter(entrant: Entrant): boolean;
  /** Stops waiting for a place. */
  withdraw(entrant: Entrant): void;
  /** Gives the place back. */
  leave(entrant: Entrant): void;
}
