import type { Access } from '../contract/access.js';
import type { Admission, AdmittedProject, Entrant } from '../delivery/admission.js';
import type { Hold } from '../delivery/authentication-hold.js';
import type { AttemptFailure, AttemptSuccess } from '../delivery/failure.js';
import { LinkedList } from '../delivery/linked-list.js';
import { refusesCredentials, type ProjectHealth } from '../delivery/project-health.js';
import { ProjectHealthRegistry } from '../delivery/project-health-registry.js';
import { Wait } from '../delivery/wait.js';
import type { ConcurrencyLimits } from '../options.js';
import { WaitingLine } from './waiting-line.js';

/** What is in flight and what waits of one project; a node of the ring of projects that could go on at once. */
class Lane extends WaitingLine {
  active = 0;
  /** Whether something is in flight or waits. */
  busy = false;
  /** Whether the limiter has given it up: whoever still has it must look up the one in its place. */
  dropped = false;
  /** Runs while somebody waits and the project is not to be asked. */
  pause: Wait | undefined = undefined;
  /** The project's trouble, if it has any. */
  health: ProjectHealth | undefined = undefined;
  /** Who finds out what the credentials are worth after a hold. */
  trial: Entrant | undefined = undefined;

  constructor(readonly projectId: string) {
    super();
  }
}

/** Most lanes that are kept while nothing of their projects is in flight or waits. */
const LANES_KEPT = 20_000;

/**
 * Grants places among the requests in flight: so many per project, so many in total, and in turns between projects, so
 * that one with a long backlog holds no more than its share. A project whose account answers 429 gets fewer or none for a
 * while, and one on hold is refused. Of one project, next attempts go ahead of first ones.
 *
 * Every step costs the same whatever the number of projects and of entrants that wait. A project's lane is kept for its next
 * event, so that one is not made and dropped for each; of many thousands, only those with something in flight or waiting.
 */
export class ConcurrencyLimiter implements Admission {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with somebody waiting and room for them, in the order of their turns. */
  readonly #ring = new LinkedList<Lane>();
  readonly #troubled = new ProjectHealthRegistry();
  #onRoom: (() => void)[] = [];
  #active = 0;
  #busy = 0;
  #granting = false;
  #halted = false;

  constructor(
    private readonly limits: ConcurrencyLimits,
    private readonly createHealth: (projectId: string) => ProjectHealth,
  ) {}

  /** Projects that have something in flight or waiting. */
  get projects(): number {
    return this.#busy;
  }

  /** Projects on hold. */
  get heldProjects(): number {
    return this.#troubled.held(performance.now());
  }

  /** Whether the total leaves room for another request. */
  get hasTotalRoom(): boolean {
    return this.#active < this.limits.total;
  }

  /** Has a listener called, once, as soon as the total leaves room with nobody waiting who could take it. */
  onceRoom(listener: () => void): void {
    this.#onRoom.push(listener);
  }

  enter(entrant: Entrant): boolean {
    const lane = this.#lane(entrant.project);
    if (lane.health !== undefined && this.#refuses(lane, lane.health, entrant)) return false;
    entrant.lane = lane;
    // Whoever waits in this lane came first; others wait only while the total is used up.
    if (lane.size === 0 && this.#ring.size === 0 && this.hasTotalRoom && this.#mayGoOn(lane)) {
      this.#admit(lane, entrant);
      return true;
    }
    lane.push(entrant);
    this.#joinRing(lane);
    // A pause may have ended between the two looks at the clock; then nobody else would call it up.
    if (lane.health !== undefined) this.#grant();
    return false;
  }

  waitsForProject({ lane, waits }: Entrant): boolean {
    return waits && lane?.list === undefined;
  }

  withdraw(entrant: Entrant): void {
    const { lane, waits } = entrant;
    if (!(lane instanceof Lane) || !waits) return;
    entrant.lane = undefined;
    lane.remove(entrant);
    if (lane.size === 0) {
      this.#ring.remove(lane);
      endPause(lane);
    }
    this.#rest(lane);
  }

  note(entrant: Entrant, access: Access, result: AttemptSuccess | AttemptFailure, startedAt: number): void {
    const { lane } = entrant;
    if (!(lane instanceof Lane)) return;
    if (lane.health === undefined && !isProjectTrouble(result)) return;
    // Late refusals of credentials that were replaced meanwhile would hold the project again.
    if (isRefusal(result) && !access.hasSameCredentials(entrant.access)) return;
    const now = performance.now();
    const health = (lane.health ??= this.createHealth(lane.projectId));
    this.#troubled.keep(health, now);
    const atLimit = lane.active >= health.limit;
    const hold = health.note({ access, result, startedAt, atLimit }, now);
    if (health.isWell(now)) {
      this.#troubled.drop(lane.projectId);
      lane.health = undefined;
    }
    // It may have lost its room, or have got some.
    if (!this.#mayGoOn(lane)) this.#ring.remove(lane);
    this.#joinRing(lane);
    if (hold !== undefined) this.#refuseWaiting(lane, hold);
  }

  leave(entrant: Entrant): void {
    const { lane } = entrant;
    if (!(lane instanceof Lane)) return;
    entrant.lane = undefined;
    lane.active -= 1;
    this.#active -= 1;
    if (lane.trial === entrant) lane.trial = undefined;
    this.#joinRing(lane);
    this.#rest(lane);
    this.#grant();
    if (this.#onRoom.length > 0 && this.hasTotalRoom) this.#announceRoom();
  }

  /** Lifts the hold of a project whose credentials were replaced by those of `access`. */
  release(access: Access): void {
    this.#troubled.get(access.projectId)?.release(access);
  }

  /** Grants no place any more. */
  halt(): void {
    this.#halted = true;
    for (const lane of this.#lanes.values()) endPause(lane);
  }

  #lane(project: AdmittedProject): Lane {
    const known = project.lane;
    const lane = known instanceof Lane && !known.dropped ? known : this.#lookUpLane(project);
    if (!lane.busy) {
      lane.busy = true;
      this.#busy += 1;
      // While it was idle it was not kept up.
      lane.health = this.#troubled.get(lane.projectId);
    }
    return lane;
  }

  #lookUpLane(project: AdmittedProject): Lane {
    const { projectId } = project;
    let lane = this.#lanes.get(projectId);
    if (lane === undefined) {
      lane = new Lane(projectId);
      this.#lanes.set(projectId, lane);
    }
    project.lane = lane;
    return lane;
  }

  /** Whether its project's own limit leaves room. */
  #mayGoOn(lane: Lane): boolean {
    if (this.#halted) return false;
    const { health } = lane;
    if (health === undefined) return lane.active < this.limits.perProject;
    const now = performance.now();
    return hasPlace(lane, health, now) && health.pauseLeftMs(now) === 0;
  }

  #admit(lane: Lane, entrant: Entrant): void {
    lane.active += 1;
    this.#active += 1;
    if (lane.health?.needsTrial(performance.now()) === true) lane.trial = entrant;
  }

  #refuses(lane: Lane, health: ProjectHealth, entrant: Entrant): boolean {
    const now = performance.now();
    const hold = health.holdOn(entrant.access, now);
    const leftMs = health.pauseLeftMs(now);
    if (hold === undefined && (leftMs === 0 || now + leftMs < entrant.expiresAt)) return false;
    this.#rest(lane);
    entrant.onRefused(hold === undefined ? { kind: 'pause', leftMs } : { kind: 'hold', hold });
    return true;
  }

  #refuseWaiting(lane: Lane, hold: Hold): void {
    for (const entrant of lane.everybody()) {
      // Whoever was told before may have made this one give up.
      if (!entrant.waits || !entrant.access.hasSameCredentials(hold.access)) continue;
      this.withdraw(entrant);
      entrant.onRefused({ kind: 'hold', hold });
    }
  }

  #joinRing(lane: Lane): void {
    if (this.#halted || lane.list !== undefined || lane.size === 0) return;
    const { health } = lane;
    if (health === undefined) {
      if (lane.active < this.limits.perProject) this.#ring.push(lane);
      return;
    }
    const now = performance.now();
    if (!hasPlace(lane, health, now)) return;
    // Asked once: asked again, a pause could have ended in between, and nobody would go on.
    const pauseLeftMs = health.pauseLeftMs(now);
    if (pauseLeftMs === 0) this.#ring.push(lane);
    else if (lane.pause === undefined) this.#awaitEndOfPause(lane, pauseLeftMs);
  }

  #awaitEndOfPause(lane: Lane, leftMs: number): void {
    lane.pause = new Wait(leftMs, () => {
      lane.pause = undefined;
      this.#joinRing(lane);
      this.#grant();
    });
  }

  /** Lets in whoever's turn it is. One loop at a time: an entrant whose request fails at once comes back here. */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    try {
      while (!this.#halted && this.hasTotalRoom) {
        const lane = this.#ring.shift();
        const entrant = lane?.shift();
        if (lane === undefined || entrant === undefined) break;
        this.#admit(lane, entrant);
        this.#joinRing(lane);
        entrant.onTurn();
      }
    } finally {
      this.#granting = false;
    }
  }

  #announceRoom(): void {
    const listeners = this.#onRoom;
    this.#onRoom = [];
    for (const listener of listeners) listener();
  }

  #rest(lane: Lane): void {
    if (lane.active > 0 || lane.size > 0) return;
    endPause(lane);
    lane.busy = false;
    this.#busy -= 1;
    // It is looked up again with the next event; until then only those in trouble have it, and only for so long.
    lane.health = undefined;
    if (this.#lanes.size <= LANES_KEPT) return;
    lane.dropped = true;
    this.#lanes.delete(lane.projectId);
  }
}

/** Whether another request of a project in trouble may be in flight. */
function hasPlace(lane: Lane, health: ProjectHealth, now: number): boolean {
  return lane.active < health.limit && (lane.trial === undefined || !health.needsTrial(now));
}

/** When nobody waits for its end any more, it must not keep the process alive. */
function endPause(lane: Lane): void {
  lane.pause?.cancel();
  lane.pause = undefined;
}

/** Whether the result of an attempt speaks of the project rather than of its event or region. */
function isProjectTrouble(result: AttemptSuccess | AttemptFailure): boolean {
  return isRefusal(result) || (result.kind === 'failed' && result.code === 'rate_limited');
}

function isRefusal(result: AttemptSuccess | AttemptFailure): boolean {
  return result.kind === 'failed' && refusesCredentials(result);
}
