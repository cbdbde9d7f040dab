/** Counts the records of each project that are unsettled, and says when a project has its share of the look-ahead. */
export class ProjectShares {
  readonly #pending = new Map<string, number>();

  /** `Infinity` for no share, which counts nothing. */
  constructor(private readonly max: number) {}

  /** Projects that have unsettled records, where those are counted. */
  get projects(): number {
    return this.#pending.size;
  }

  /** Counts one more; false if the project has its share already. */
  take(projectId: string): boolean {
    if (this.max === Number.POSITIVE_INFINITY) return true;
    const pending = this.#pending.get(projectId) ?? 0;
    if (pending >= this.max) return false;
    this.#pending.set(projectId, pending + 1);
    return true;
  }

  /** Counts one less. */
  giveBack(projectId: string): void {
    const pending = this.#pending.get(projectId);
    if (pending === undefined) return;
    if (pending > 1) this.#pending.set(projectId, pending - 1);
    else this.#pending.delete(projectId);
  }
}
