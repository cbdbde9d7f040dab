/** Counts the requests of each account that are under way, up to a limit. */
export class ParallelRequests {
  readonly #underWay = new Map<string | undefined, number>();

  constructor(private readonly most: number) {}

  /** Whether an account has as many under way as it may. */
  isFull(projectId: string | undefined): boolean {
    return (this.#underWay.get(projectId) ?? 0) >= this.most;
  }

  /** Counts one more. */
  begin(projectId: string | undefined): void {
    this.#underWay.set(projectId, (this.#underWay.get(projectId) ?? 0) + 1);
  }

  /** Counts one less. */
  end(projectId: string | undefined): void {
    const left = (this.#underWay.get(projectId) ?? 0) - 1;
    if (left > 0) this.#underWay.set(projectId, left);
    else this.#underWay.delete(projectId);
  }
}
