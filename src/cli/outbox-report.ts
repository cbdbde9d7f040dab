import { toSingleLine } from '../contract/text.js';
import type { QueueStats } from '../outbox/queue.js';
import type { PartitionStats } from '../outbox/sqlite/partition-stats.js';
import { storedInCommandLineWords } from './command-line-words.js';
import { alignColumns } from './summary.js';

/** What an outbox holds, and why it is still there. */
export interface OutboxReport {
  /** The file of the outbox. */
  readonly path: string;
  /** By project. */
  readonly projects: readonly PartitionStats[];
  /** Projects that are on hold, as far as the one who reports has seen; undefined for one who has delivered nothing. */
  readonly onHold: ReadonlySet<string> | undefined;
  /** When that was, in epoch milliseconds. */
  readonly now: number;
}

// Thousands of projects help nobody at a terminal; --json has them all.
const PROJECTS_SHOWN = 20;

/** How much is stored in all, as a table for people. */
export function describeStats({ ready, delayed, leased, dead, oldestAgeMs }: QueueStats): string[] {
  return alignColumns([
    [`${ready}`, 'due now'],
    [`${delayed}`, 'due later'],
    [`${leased}`, 'out for delivery'],
    [`${dead}`, 'dead'],
    ...(oldestAgeMs === undefined ? [] : [[describeTime(oldestAgeMs), 'age of the oldest that is not dead']]),
  ]);
}

/** What is left by project, those with the most first, with the reasons and what can be done; empty if nothing is left. */
export function describeLeft(report: OutboxReport): string[] {
  const projects = [...report.projects].sort((one, other) => countLeft(other) - countLeft(one));
  if (projects.length === 0) return [];
  const hidden = projects.length - PROJECTS_SHOWN;
  return [
    ...projects.slice(0, PROJECTS_SHOWN).flatMap((project) => describeProject(project, report)),
    ...(hidden > 0 ? [`… and ${hidden} more projects (--json lists them)`] : []),
    ...describeRemedies(report),
  ];
}

/** The same for machines. */
export function leftAsJson({ projects, onHold }: OutboxReport): readonly object[] {
  return projects.map(({ partition, ready, delayed, leased, dead, nextDueAt, trouble }) => ({
    projectId: partition,
    onHold: onHold?.has(partition) ?? null,
    ready,
    delayed,
    leased,
    dead,
    nextDueAt: nextDueAt === undefined ? null : new Date(nextDueAt).toISOString(),
    trouble: trouble === undefined ? null : { reason: trouble.reason, at: new Date(trouble.at).toISOString() },
  }));
}

/** Events that are still to be delivered. */
function countLeft({ ready, delayed, leased }: PartitionStats): number {
  return ready + delayed + leased;
}

function describeProject(project: PartitionStats, { onHold, now }: OutboxReport): string[] {
  const { partition, ready, delayed, leased, dead, nextDueAt, trouble } = project;
  const next = nextDueAt === undefined ? '' : `, the first in ${describeTime(Math.max(0, nextDueAt - now))}`;
  const parts = [
    ...(ready > 0 ? [`${ready} due now`] : []),
    ...(delayed > 0 ? [`${delayed} due later${next}`] : []),
    ...(leased > 0 ? [`${leased} out for delivery`] : []),
    ...(dead > 0 ? [`${dead} dead`] : []),
  ];
  const held = onHold?.has(partition) === true ? ', on hold' : '';
  const lines = [`project ${toSingleLine(partition, 60)}${held}: ${parts.join(', ')}`];
  if (trouble === undefined || countLeft(project) === 0) return lines;
  const reason = storedInCommandLineWords(toSingleLine(trouble.reason));
  return [...lines, `  last failure, ${describeTime(Math.max(0, now - trouble.at))} ago: ${reason}`];
}

function describeRemedies({ path, projects }: OutboxReport): string[] {
  const shown = /^[\w./-]+$/.test(path) ? path : `"${path}"`;
  const waits = projects.some((project) => countLeft(project) > 0 && project.trouble !== undefined);
  const died = projects.some(({ dead }) => dead > 0);
  return [
    ...(waits
      ? [`Once the reason is mended: npx clevertap-attribution outbox release ${shown} <project>, then drain`]
      : []),
    ...(died ? [`Why events are dead: npx clevertap-attribution outbox dead ${shown}`] : []),
  ];
}

function describeTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
