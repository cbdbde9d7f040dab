import type { RetrySchedule } from './retry-schedule.js';

/**
 * For how long a probe may be due, in milliseconds, before its project is forgotten: by then nothing of it is stored that could
 * probe. Should something be after all, the next refusal puts it on hold anew.
 */
const PROBE_MISSED_MS = 60 * 60_000;

interface Hold {
  readonly since: number;
  /** When the next probe may go out, in epoch milliseconds. */
  until: number;
  probes: number;
  probing: boolean;
}

/**
 * Projects whose credentials are refused, or not to be had: their events stay where they are, but for one probe now and
 * then, until one gets through or the hold is released.
 */
export class ProjectHolds {
  readonly #holds = new Map<string, Hold>();

  constructor(
    private readonly schedule: RetrySchedule,
    private readonly random: () => number = Math.random,
  ) {}

  /** Projects on hold. */
  get size(): number {
    return this.#holds.size;
  }

  /** Whether a project is on hold. */
  has(projectId: string): boolean {
    return this.#holds.has(projectId);
  }

  /** An event of the project goes out; of a project on hold, as its probe. */
  begin(projectId: string): void {
    const hold = this.#holds.get(projectId);
    if (hold !== undefined) hold.probing = true;
  }

  /** Notes a refusal; gives when to try again, in epoch milliseconds, and whether the hold has just begun. */
  refused(projectId: string, now: number): { readonly at: number; readonly began: boolean } {
    const hold = this.#holds.get(projectId);
    if (hold === undefined) {
      const at = now + this.#probeDelayMs(0);
      this.#holds.set(projectId, { since: now, until: at, probes: 0, probing: false });
      return { at, began: true };
    }
    // Others that were out when it began say nothing new.
    if (hold.until <= now) {
      hold.probes += 1;
      hold.until = now + this.#probeDelayMs(hold.probes);
    }
    hold.probing = false;
    return { at: hold.until, began: false };
  }

  /** The probe came to nothing that speaks of the credentials; another may go out. */
  undecided(projectId: string): void {
    const hold = this.#holds.get(projectId);
    if (hold !== undefined) hold.probing = false;
  }

  /** Lifts the hold; false if there was none. */
  lift(projectId: string): boolean {
    return this.#holds.delete(projectId);
  }

  /** Forgets projects that nothing is stored of any more, as where all was discarded; gives those. */
  forgetIdle(now: number): readonly string[] {
    const idle: string[] = [];
    for (const [projectId, { until, probing }] of this.#holds) {
      if (!probing && now - until > PROBE_MISSED_MS) idle.push(projectId);
    }
    for (const projectId of idle) this.#holds.delete(projectId);
    return idle;
  }

  /** Adds how many events of each project on hold may be out: one when a probe is due, else none. */
  addLimits(limits: Map<string, number>, now: number): void {
    for (const [projectId, { until, probing }] of this.#holds) limits.set(projectId, !probing && until <= now ? 1 : 0);
  }

  /** At least half the upper end, since a probe that comes too soon costs a refusal. */
  #probeDelayMs(probes: number): number {
    const upperEndMs = Math.min(this.schedule.maxDelayMs, this.schedule.initialDelayMs * 2 ** Math.min(probes, 30));
    return upperEndMs * (0.5 + this.random() / 2);
  }
}
