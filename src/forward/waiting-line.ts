import type { Entrant } from '../delivery/admission.js';
import { ListNode } from '../delivery/linked-list.js';

/**
 * Those who wait for a place, in the order of their turns: whoever has had one before goes ahead of all who have not, so that
 * the next attempt of an event does not wait behind a backlog that came after it.
 *
 * It is threaded through the entrants themselves, so that waiting allocates nothing, and is a node of a list, so that lines
 * can take turns. Every step costs the same however many wait.
 */
export class WaitingLine extends ListNode {
  #first: Entrant | undefined = undefined;
  #last: Entrant | undefined = undefined;
  #lastReturning: Entrant | undefined = undefined;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Lines somebody up behind those of the same kind; they must not wait yet. */
  push(entrant: Entrant): void {
    const returning = entrant.attempts > 0;
    const ahead = returning ? this.#lastReturning : this.#last;
    const behind = returning && ahead === undefined ? this.#first : ahead?.behind;
    entrant.waits = true;
    this.#link(ahead, entrant);
    this.#link(entrant, behind);
    if (returning) this.#lastReturning = entrant;
    this.#size += 1;
  }

  /** Takes out whoever's turn it is. */
  shift(): Entrant | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes somebody out of the middle, who must wait here. */
  remove(entrant: Entrant): void {
    const { ahead, behind } = entrant;
    if (entrant === this.#lastReturning) this.#lastReturning = ahead;
    this.#link(ahead, behind);
    entrant.waits = false;
    entrant.ahead = entrant.behind = undefined;
    this.#size -= 1;
  }

  /** Everybody, in the order of their turns. */
  everybody(): Entrant[] {
    const all: Entrant[] = [];
    for (let one = this.#first; one !== undefined; one = one.behind) all.push(one);
    return all;
  }

  #link(ahead: Entrant | undefined, behind: Entrant | undefined): void {
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
  }
}
