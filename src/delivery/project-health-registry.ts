import type { ProjectHealth } from './project-health.js';

/** How long a project's trouble is remembered after its last request, in milliseconds. */
const KEPT_MS = 10 * 60_000;

/** Most projects whose trouble is remembered; the one that was used longest ago goes first. */
const MOST_KEPT = 10_000;

/** The projects in trouble. Those that are well are not in it, so that it costs nothing while all goes well. */
export class ProjectHealthRegistry {
  readonly #entries = new Map<string, { readonly health: ProjectHealth; usedAt: number }>();

  constructor(private readonly create: (projectId: string) => ProjectHealth) {}

  /** Projects that are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What is remembered of a project. */
  get(projectId: string): ProjectHealth | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(projectId)?.health;
  }

  /** What is remembered of a project, from now on if nothing was. */
  open(projectId: string, now: number): ProjectHealth {
    const known = this.#entries.get(projectId);
    const health = known?.health ?? this.create(projectId);
    // Put at the end, so that the first is always the one that was used longest ago.
    this.#entries.delete(projectId);
    this.#entries.set(projectId, { health, usedAt: now });
    this.#dropOldest(now);
    return health;
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
    for (const [projectId, { usedAt }] of this.#entries) {
      if (this.#entries.size <= MOST_KEPT && now - usedAt <= KEPT_MS) return;
      this.#entries.delete(projectId);
    }
  }
}
