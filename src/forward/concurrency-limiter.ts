import type { Admission, Entrant } from '../delivery/admission.js';
import { LinkedList, ListNode } from '../delivery/linked-list.js';
import type { ConcurrencyLimits } from '../options.js';

/** An entrant's place in the queue of its project. */
class QueuePosition extends ListNode {
  constructor(readonly entrant: Entrant) {
    super();
  }
}

/** What is in flight and what waits of one project; a node of the ring of projects that could go on at once. */
class Lane extends ListNode {
  active = 0;
  readonly waiting = new LinkedList<QueuePosition>();
}

/**
 * Grants places among the requests in flight: so many per project, so many in total, and in turns between projects, so
 * that one with a long backlog holds no more than its share.
 *
 * Every step costs the same whatever the number of projects and of entrants that wait. A project's lane is dropped when
 * nothing of it is in flight or waits.
 */
export class ConcurrencyLimiter implements Admission {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with somebody waiting and room for them, in the order of their turns. */
  readonly #ring = new LinkedList<Lane>();
  #active = 0;
  #granting = false;
  #halted = false;

  constructor(private readonly limits: ConcurrencyLimits) {}

  /** Projects that have something in flight or waiting. */
  get projects(): number {
    return this.#lanes.size;
  }

  enter(entrant: Entrant): boolean {
    let lane = this.#lanes.get(entrant.projectId);
    if (lane === undefined) {
      lane = new Lane();
      this.#lanes.set(entrant.projectId, lane);
    }
    // Whoever waits in this lane came first; others wait only while the total is used up.
    if (lane.waiting.size === 0 && this.#hasRoom(lane) && this.#ring.size === 0) {
      lane.active += 1;
      this.#active += 1;
      return true;
    }
    const position = new QueuePosition(entrant);
    entrant.queuePosition = position;
    lane.waiting.push(position);
    this.#joinRing(lane);
    return false;
  }

  withdraw(entrant: Entrant): void {
    const lane = this.#lanes.get(entrant.projectId);
    const position = entrant.queuePosition;
    if (lane === undefined || !(position instanceof QueuePosition)) return;
    entrant.queuePosition = undefined;
    lane.waiting.remove(position);
    if (lane.waiting.size === 0) this.#ring.remove(lane);
    this.#dropIfIdle(entrant.projectId, lane);
  }

  leave(entrant: Entrant): void {
    const lane = this.#lanes.get(entrant.projectId);
    if (lane === undefined) return;
    lane.active -= 1;
    this.#active -= 1;
    this.#joinRing(lane);
    this.#dropIfIdle(entrant.projectId, lane);
    this.#grant();
  }

  /** Grants no place any more. */
  halt(): void {
    this.#halted = true;
  }

  #hasRoom(lane: Lane): boolean {
    return !this.#halted && this.#active < this.limits.total && lane.active < this.limits.perProject;
  }

  #joinRing(lane: Lane): void {
    if (lane.list === undefined && lane.waiting.size > 0 && lane.active < this.limits.perProject) this.#ring.push(lane);
  }

  /** Lets in whoever's turn it is. One loop at a time: an entrant whose request fails at once comes back here. */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      while (!this.#halted && this.#active < this.limits.total) {
        const lane = this.#ring.shift();
        const position = lane?.waiting.shift();
        if (lane === undefined || position === undefined) break;
        lane.active += 1;
        this.#active += 1;
        this.#joinRing(lane);
        position.entrant.queuePosition = undefined;
        position.entrant.onTurn();
      }
    } finally {
      this.#granting = false;
    }
  }

  #dropIfIdle(projectId: string, lane: Lane): void {
    if (lane.active === 0 && lane.waiting.size === 0) this.#lanes.delete(projectId);
  }
}
