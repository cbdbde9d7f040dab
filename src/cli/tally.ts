import type { StatusTotals, SettledStatus } from './checkpoint-file.js';

// Both come from the records and the server, so that without a bound their number is theirs to decide.
const MAX_PROJECTS = 10_000;
const MAX_REASONS = 1_000;

/** What became of the records of this run, by project and by reason. */
export class Tally {
  readonly totals: StatusTotals = { delivered: 0, rejected: 0, failed: 0 };
  readonly #byProject = new Map<string, StatusTotals>();
  readonly #byReason = new Map<string, number>();

  /** Counts one record; `reasons` say why it was not delivered, and it counts under each. */
  add(status: SettledStatus, projectId: string | undefined, reasons: readonly string[] = []): void {
    this.totals[status] += 1;
    const project = boundKey(this.#byProject, projectId ?? '(none)', MAX_PROJECTS);
    let totals = this.#byProject.get(project);
    if (totals === undefined) {
      totals = { delivered: 0, rejected: 0, failed: 0 };
      this.#byProject.set(project, totals);
    }
    totals[status] += 1;
    for (const reason of reasons) {
      const known = boundKey(this.#byReason, reason, MAX_REASONS);
      this.#byReason.set(known, (this.#byReason.get(known) ?? 0) + 1);
    }
  }

  /** By project id, most records first; from 10,000 different ones on, new ones count as `(other)`. */
  get byProject(): readonly (readonly [projectId: string, totals: StatusTotals])[] {
    return [...this.#byProject].sort(([, one], [, other]) => sum(other) - sum(one));
  }

  /** By reason, most frequent first; from 1,000 different ones on, new ones count as `(other)`. */
  get byReason(): readonly (readonly [reason: string, count: number])[] {
    return [...this.#byReason].sort(([, one], [, other]) => other - one);
  }
}

function boundKey(counts: ReadonlyMap<string, unknown>, key: string, max: number): string {
  return counts.has(key) || counts.size < max ? key : '(other)';
}

function sum({ delivered, rejected, failed }: StatusTotals): number {
  return delivered + rejected + failed;
}
