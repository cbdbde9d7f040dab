import { countAll, noTotals, type SettledStatus, type StatusTotals } from './status-totals.js';

// Both come from the records and the server, so that without a bound their number is theirs to decide, and their length.
const MAX_PROJECTS = 10_000;
const MAX_REASONS = 1_000;
const MAX_NAME_LENGTH = 300;

/** What records are counted under that name no project, or could not be read. */
export const NO_PROJECT = '(none)';

/** A project or a reason that a record was counted under. */
export interface TallyName {
  /** Its place among those of its kind, in the order in which they came up. */
  readonly number: number;
  readonly text: string;
  /** Whether it came up with this record. */
  readonly isNew: boolean;
}

/**
 * What became of the records of a run and of those that it goes on from, by project and by reason.
 *
 * A name may be known without having been counted: a crash may come between.
 */
export class Tally {
  readonly totals: StatusTotals = noTotals();
  readonly #byProject = new Names<StatusTotals>(MAX_PROJECTS, noTotals);
  readonly #byReason = new Names<{ count: number }>(MAX_REASONS, () => ({ count: 0 }));

  /**
   * Counts one record; `reasons` say why it was not delivered, and it counts under each. Gives the names that it was counted
   * under.
   */
  add(
    status: SettledStatus,
    projectId: string | undefined,
    reasons: readonly string[] = [],
  ): { readonly project: TallyName; readonly reasons: readonly TallyName[] } {
    const project = this.#byProject.find(projectId ?? NO_PROJECT);
    this.totals[status] += 1;
    project.counts[status] += 1;
    const known = reasons.map((reason) => this.#byReason.find(reason));
    for (const { counts } of known) counts.count += 1;
    return { project, reasons: known };
  }

  /** Counts records of a project that an earlier run counted. */
  addProject(projectId: string, { delivered, rejected, failed }: StatusTotals): void {
    for (const totals of [this.totals, this.#byProject.find(projectId).counts]) {
      totals.delivered += delivered;
      totals.rejected += rejected;
      totals.failed += failed;
    }
  }

  /** Counts a reason that an earlier run counted. */
  addReason(reason: string, count: number): void {
    this.#byReason.find(reason).counts.count += count;
  }

  /** All projects in the order in which they came up, which is that of their numbers. */
  get projects(): readonly (readonly [projectId: string, totals: StatusTotals])[] {
    return this.#byProject.list();
  }

  /** All reasons in the order in which they came up, which is that of their numbers. */
  get reasons(): readonly (readonly [reason: string, count: number])[] {
    return this.#byReason.list().map(([reason, { count }]) => [reason, count]);
  }

  /** By project id, most records first; from 10,000 different ones on, new ones count as `(other)`. */
  get byProject(): readonly (readonly [projectId: string, totals: StatusTotals])[] {
    return this.projects
      .filter(([, totals]) => countAll(totals) > 0)
      .sort(([, one], [, other]) => countAll(other) - countAll(one));
  }

  /** By reason, most frequent first; from 1,000 different ones on, new ones count as `(other)`. */
  get byReason(): readonly (readonly [reason: string, count: number])[] {
    return this.reasons.filter(([, count]) => count > 0).sort(([, one], [, other]) => other - one);
  }
}

/** Counts by name, of which there are no more than a bound, and those beyond under one. */
class Names<Counts> {
  readonly #byText = new Map<string, { readonly number: number; readonly counts: Counts }>();

  constructor(
    private readonly max: number,
    private readonly none: () => Counts,
  ) {}

  find(name: string): TallyName & { readonly counts: Counts } {
    const short = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1)}…` : name;
    const text = this.#byText.has(short) || this.#byText.size < this.max ? short : '(other)';
    const known = this.#byText.get(text);
    const found = known ?? { number: this.#byText.size, counts: this.none() };
    if (known === undefined) this.#byText.set(text, found);
    return { ...found, text, isNew: known === undefined };
  }

  list(): readonly (readonly [text: string, counts: Counts])[] {
    return [...this.#byText].map(([text, { counts }]) => [text, counts]);
  }
}
