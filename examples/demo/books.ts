import type { Counters, ForwardResult } from 'clevertap-attribution';
import type { ReceivedRequest, RequestCounts } from 'clevertap-attribution/testing';
import { staleProject } from './events.js';

/** The emulator's side of the books: how often each event was recorded. */
export class RecordedEvents {
  readonly #times = new Map<string, number>();

  note({ recorded, params }: ReceivedRequest): void {
    const id = params['demo_id'];
    if (recorded && id !== undefined) this.#times.set(id, this.timesOf(id) + 1);
  }

  timesOf(id: string): number {
    return this.#times.get(id) ?? 0;
  }

  get total(): number {
    return [...this.#times.values()].reduce((sum, times) => sum + times, 0);
  }

  get distinct(): number {
    return this.#times.size;
  }
}

/** The client's side of the books: what became of each event. */
export class Results {
  readonly byStatus = { delivered: 0, rejected: 0, failed: 0 };
  readonly byProject = new Map<string, { delivered: number; rejected: number; failed: number }>();
  readonly byReason = new Map<string, number>();
  readonly all: ForwardResult[] = [];

  note(result: ForwardResult): void {
    const { status, projectId = '(none)' } = result;
    this.all.push(result);
    this.byStatus[status] += 1;
    const project = this.byProject.get(projectId) ?? { delivered: 0, rejected: 0, failed: 0 };
    project[status] += 1;
    this.byProject.set(projectId, project);
    if (result.error === undefined) return;
    const { error } = result;
    const where =
      error.code === 'validation' ? ` (${error.issues.map(({ path }) => path.join('.')).join(', ') || 'key'})` : '';
    const reason = `${status}: ${error.code}${where}`;
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + 1);
  }
}

/** One thing that must be true of the books. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
}

/** Holds the client's books against the emulator's. */
export function reconcile(
  offered: number,
  mistaken: number,
  results: Results,
  counters: Counters,
  recorded: RecordedEvents,
  counts: RequestCounts,
): Check[] {
  const { delivered, rejected, failed } = results.byStatus;
  const ids = new Set(results.all.map(({ id }) => id));
  const times = (result: ForwardResult) => recorded.timesOf(result.id ?? '');
  const check = (what: string, holds: boolean): Check => ({ what, holds });
  return [
    check(
      `${offered} offered = ${delivered} delivered + ${rejected} rejected + ${failed} failed`,
      offered === delivered + rejected + failed,
    ),
    check('every event is in the results exactly once', ids.size === offered && results.all.length === offered),
    check(`${mistaken} events with a mistake = ${rejected} rejected`, mistaken === rejected),
    check(
      'every confirmed delivery is on the emulator’s books',
      results.all.every((r) => r.delivery?.confirmed !== true || times(r) >= 1),
    ),
    check(
      // A bare 200 proves nothing: one that answers wrong credentials looks the same, and that is why it is told apart.
      'every unconfirmed one is too, unless its project’s credentials are wrong',
      results.all.every(
        (r) => r.delivery?.confirmed !== false || times(r) >= 1 || r.projectId === staleProject.projectId,
      ),
    ),
    check(
      'no rejected event is',
      results.all.every((r) => r.status !== 'rejected' || times(r) === 0),
    ),
    check(
      'what is there twice was announced as a possible duplicate',
      results.all.every((r) => times(r) < 2 || (r.delivery?.maybeDuplicate ?? r.error?.maybeRecorded) === true),
    ),
    check(
      'a failed event is there only if its error says so',
      results.all.every((r) => r.status !== 'failed' || times(r) === 0 || r.error.maybeRecorded),
    ),
    check(
      `${counters.attempts} requests by the client = ${counts.requests} at the emulator`,
      counters.attempts === counts.requests,
    ),
    check(
      `${counts.recorded} recorded by the emulator = ${recorded.distinct} different events + ${recorded.total - recorded.distinct} repeats`,
      counts.recorded === recorded.total,
    ),
  ];
}
