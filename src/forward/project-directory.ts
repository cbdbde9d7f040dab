/** Most projects whose access is kept ready; the one looked up longest ago goes first. */
const KEPT = 10_000;

/**
 * The projects that a `forward()` has looked up: each is looked up once, also while many of its events arrive meanwhile.
 *
 * A lookup that fails is not kept, and neither is a project whose credentials were refused (`forget`), so that the next
 * event asks anew.
 */
export class ProjectDirectory<Project extends object> {
  readonly #projects = new Map<string, Project | Promise<Project>>();

  constructor(private readonly lookUp: (projectId: string) => Project | Promise<Project>) {}

  /** The project, at once if it is known. A lookup that throws or rejects comes out as it is. */
  get(projectId: string): Project | Promise<Project> {
    const known = this.#projects.get(projectId);
    if (known !== undefined) return known;
    const found = this.lookUp(projectId);
    this.#projects.set(projectId, found);
    if (this.#projects.size > KEPT) this.#dropOldest();
    if (found instanceof Promise) {
      found.then(
        (project) => {
          if (this.#projects.get(projectId) === found) this.#projects.set(projectId, project);
        },
        () => this.forget(projectId, found),
      );
    }
    return found;
  }

  /** The project, if it was looked up already; asks nobody. */
  known(projectId: string): Project | undefined {
    const known = this.#projects.get(projectId);
    return known instanceof Promise ? undefined : known;
  }

  /** Has the project looked up anew the next time, unless that has been done since this entry was given out. */
  forget(projectId: string, entry: Project | Promise<Project>): void {
    if (this.#projects.get(projectId) === entry) this.#projects.delete(projectId);
  }

  /** Has the project looked up anew the next time, whatever was given out. */
  drop(projectId: string): void {
    this.#projects.delete(projectId);
  }

  #dropOldest(): void {
    for (const projectId of this.#projects.keys()) {
      this.#projects.delete(projectId);
      return;
    }
  }
}
