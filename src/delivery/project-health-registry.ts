import type { ProjectHealth } from './project-health.js';

/** How long a project's trouble is remembered after its last request, in milliseconds; longer if it is paused for longer. */
const KEPT_MS = 10 * 60_000;

/** Most projects whose trouble is remembered; the one that was used longest ago goes first. */
const MOST_KEPT = 10_000;

/** The projects in trouble. Those that are well are not in it, so that it costs nothing while all goes well. */
export class ProjectHealthRegistry {
  readonly #entries = new Map<string, { readonly health: ProjectHealth; usedAt: number }>();

  /** Projects that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is remembered of a project. */
  get(projectId: string): ProjectHealth | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(projectId)?.health;
  }

  /** Remembers a project from now on, as it was used now. */
  keep(health: ProjectHealth, now: number): void {
    const { projectId } = health;
    // Put at the end, so that the first is always the one that was used longest ago.
    this.#entries.delete(projectId);
    this.#entries.set(projectId, { health, usedAt: now });
    this.#dropOldest(now);
  }

  /** Forgets a project that is well again. */
  drop(projectId: string): void {
    this.#entries.delete(projectId);
  }

  /** Projects on hold. */
  held(now: number): number {
    let held = 0;
    for (const { health } of this.#entries.values()) if (health.isHeld(now)) held += 1;
    return held;
  }

  #dropOldest(now: number): void {
    for (const [projectId, { health, usedAt }] of this.#entries) {
      const mayGo = now - usedAt > KEPT_MS && health.pauseLeftMs(now) === 0;
      if (this.#entries.size <= MOST_KEPT && !mayGo) return;
      this.#entries.delete(projectId);
    }
  }
}
