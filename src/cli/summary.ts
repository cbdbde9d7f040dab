import { toSingleLine } from '../contract/text.js';
import type { Counters } from '../observe/counters.js';
import type { DeliveryDoubts } from './delivery-doubts.js';
import { lackedCredentials } from './finished-advice.js';
import type { InputRecord } from './input-record.js';
import { countAll, noTotals, totalsSince, type StatusTotals } from './status-totals.js';
import { NO_PROJECT, type Tally } from './tally.js';

/** What a run that went through an outbox did to it, and left in it. */
export interface OutboxReport {
  readonly path: string;
  /** Records that were stored. */
  readonly added: number;
  /** Records that had been stored before. */
  readonly duplicates: number;
  /** Records with mistakes, which were not stored. */
  readonly mistakes: number;
  /** Events that are still to be delivered. */
  readonly waiting: number;
  /** Those of them by project that this run neither delivered nor saw fail. */
  readonly waitingByProject: Readonly<Record<string, number>>;
  /** Dead letters, those of earlier runs included. */
  readonly dead: number;
}

/** All that is known at the end of a run. */
export interface RunReport {
  /** Whether an earlier run had come to the end of the same inputs, so that this one had nothing to do. */
  readonly finishedAlready: boolean;
  /** What became of the records of all runs of the checkpoint. */
  readonly tally: Tally;
  /** What of it the runs before this one had done. */
  readonly earlier: StatusTotals;
  /** What is not certain about the deliveries of all runs of the checkpoint. */
  readonly doubts: DeliveryDoubts;
  /** Requests that may have been in flight at once, at most: a run that was killed leaves so many in doubt. */
  readonly mostInFlight: number;
  /** Of this run alone, like the seconds. */
  readonly counters: Counters;
  readonly seconds: number;
  /** Files that were written. */
  readonly files: {
    readonly rejected: string | undefined;
    readonly failed: string | undefined;
    readonly checkpoint: string | undefined;
  };
  /** The outbox that it went through, if it did. */
  readonly outbox?: OutboxReport;
  /** Whether it ended before its inputs did. */
  readonly interrupted: boolean;
  /** The last record that was taken on. */
  readonly last: Pick<InputRecord, 'path' | 'line'> | undefined;
  /** What it broke off at, if it did not end in order. */
  readonly problem: string | undefined;
}

// A table of thousands of projects helps nobody at a terminal; --json has them all.
const ROWS_SHOWN = 20;

/** The report for people. */
export function describeRun(report: RunReport): string[] {
  const { finishedAlready, tally, earlier, doubts, counters, seconds, files, interrupted, problem } = report;
  const thisRun = totalsSince(tally.totals, earlier);
  const done = countAll(thisRun);
  const ending = problem !== undefined ? 'Broken off' : interrupted ? 'Interrupted' : 'Done';
  const waiting = Object.values(report.outbox?.waitingByProject ?? {}).reduce((sum, count) => sum + count, 0);
  const lines = finishedAlready
    ? ['', `Finished already: ${describeTotals(tally.totals)}`]
    : [
        '',
        ...(report.outbox === undefined ? [] : [`${ending}: ${describeStored(report.outbox)}`]),
        `${report.outbox === undefined ? ending : 'This run'}: ${countOf(done, report.outbox === undefined ? 'record' : 'event')} in ${seconds.toFixed(1)} s (${Math.round(done / Math.max(seconds, 0.001))}/s): ` +
          `${describeTotals(thisRun)}${report.outbox === undefined ? '' : `, ${waiting} waiting`}; ${counters.attempts} requests, ${counters.retries} of them retries`,
      ];
  if (!finishedAlready && countAll(earlier) > 0) lines.push(`With earlier runs: ${describeTotals(tally.totals)}`);
  if (countAll(earlier) > 0 && !finishedAlready) lines.push(...describeRepeats(Math.min(done, report.mostInFlight)));
  if (doubts.maybeDuplicate > 0)
    lines.push(
      `${doubts.maybeDuplicate} deliveries may be there twice: an earlier attempt may have been recorded as well`,
    );
  if (doubts.unconfirmed > 0) lines.push(`${doubts.unconfirmed} deliveries came without the word "success"`);
  lines.push(...describeProjects(tally, report.outbox), ...describeReasons(tally));
  if (files.rejected !== undefined)
    lines.push(`Rejected records, with the reason beside each: ${files.rejected} (mend them and forward that file)`);
  if (files.failed !== undefined)
    lines.push(`Failed records, with the reason beside each: ${files.failed} (${adviseOnFailed(tally)})`);
  if (report.outbox !== undefined) lines.push(...describeOutbox(report.outbox));
  else if (interrupted) lines.push(describeGoingOn(report));
  return lines;
}

function describeStored({ added, duplicates, mistakes }: OutboxReport): string {
  const before = `${duplicates} had been stored before`;
  return `${countOf(added + duplicates + mistakes, 'record')} read: ${added} stored now, ${before}, ${mistakes} with mistakes`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function describeRepeats(most: number): string[] {
  return most === 0
    ? []
    : [
        `Up to ${most} of these may have been sent twice: those in flight when the run before was killed (none if it ended in order, as after one Ctrl-C)`,
      ];
}

function describeOutbox({ path, waiting, dead }: OutboxReport): string[] {
  return [
    ...(waiting > 0
      ? [
          `${waiting} ${waiting === 1 ? 'is' : 'are'} still stored in ${path}: run the same command again to go on, or see clevertap-attribution outbox status ${path}`,
        ]
      : []),
    ...(dead > 0
      ? [
          `${dead} ${dead === 1 ? 'is a dead letter' : 'are dead letters'}: see clevertap-attribution outbox dead ${path}`,
        ]
      : []),
  ];
}

function describeTotals({ delivered, rejected, failed }: StatusTotals): string {
  return `${delivered} delivered, ${rejected} rejected, ${failed} failed`;
}

function describeGoingOn({ files, last }: RunReport): string {
  if (files.checkpoint !== undefined) return 'Run the same command again to go on where it stopped.';
  return last === undefined
    ? 'Nothing was taken on.'
    : `Without a checkpoint: it took on everything up to line ${last.line} of ${last.path}, and nothing behind it.`;
}

function describeProjects({ byProject }: Tally, outbox: OutboxReport | undefined): string[] {
  const waiting = outbox?.waitingByProject ?? {};
  const named = new Set(byProject.map(([projectId]) => projectId));
  const untried = Object.keys(waiting).filter((projectId) => !named.has(projectId));
  const all = [...byProject, ...untried.map((projectId) => [projectId, noTotals()] as const)];
  if (all.length === 0) return [];
  const rows = all
    .slice(0, ROWS_SHOWN)
    .map(([projectId, totals]) => [
      toSingleLine(projectId, 60),
      `${totals.delivered}`,
      `${totals.rejected}`,
      `${totals.failed}`,
      ...(outbox === undefined ? [] : [`${waiting[projectId] ?? 0}`]),
    ]);
  const heading = ['project', 'delivered', 'rejected', 'failed', ...(outbox === undefined ? [] : ['waiting'])];
  const none = named.has(NO_PROJECT) ? [`${NO_PROJECT}: records that name no project or could not be read`] : [];
  return ['', ...alignColumns([heading, ...rows]), ...none, ...describeMore(all.length, 'projects'), ''];
}

function describeReasons({ byReason, totals }: Tally): string[] {
  if (byReason.length === 0) return [];
  const rows = byReason.slice(0, ROWS_SHOWN).map(([reason, count]) => [`${count}`, toSingleLine(reason, 160)]);
  const others = byReason.slice(ROWS_SHOWN).reduce((sum, [, count]) => sum + count, 0);
  const all = byReason.reduce((sum, [, count]) => sum + count, 0);
  const heading = all > totals.rejected + totals.failed ? ['A record with several mistakes counts under each:'] : [];
  return [...heading, ...alignColumns(rows), ...describeMore(byReason.length, `reasons, ${others} times in all`), ''];
}

function adviseOnFailed(tally: Tally): string {
  return lackedCredentials(tally)
    ? 'add the credentials that were missing and forward that file, not the whole input again'
    : 'forward that file later';
}

function describeMore(count: number, what: string): string[] {
  return count > ROWS_SHOWN ? [`… and ${count - ROWS_SHOWN} more ${what} (--json lists them)`] : [];
}

/** Columns side by side; numbers to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        /^\d+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** The report for machines. */
export function runReportAsJson(report: RunReport): string {
  const { finishedAlready, tally, earlier, doubts, counters, seconds, files, outbox, interrupted, last, problem } =
    report;
  const { maybeDuplicate, unconfirmed } = doubts;
  return JSON.stringify({
    finishedAlready,
    interrupted,
    problem: problem ?? null,
    seconds,
    totals: tally.totals,
    earlier,
    byProject: Object.fromEntries(tally.byProject),
    byReason: Object.fromEntries(tally.byReason),
    doubts: { maybeDuplicate, unconfirmed },
    counters,
    files,
    ...(outbox !== undefined && { outbox }),
    last: last === undefined ? null : { path: last.path, line: last.line },
  });
}
