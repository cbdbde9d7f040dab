import { describe, expect, it } from 'vitest';
import { describeLeft, leftAsJson, type OutboxReport } from '../../src/cli/outbox-report.js';
import type { PartitionStats } from '../../src/outbox/sqlite/partition-stats.js';

const now = Date.parse('2026-01-31T10:00:00Z');

function project(partition: string, stats: Partial<PartitionStats>): PartitionStats {
  return { partition, ready: 0, delayed: 0, leased: 0, dead: 0, nextDueAt: undefined, trouble: undefined, ...stats };
}

function report(...projects: readonly PartitionStats[]): OutboxReport {
  return { path: 'box.db', projects, onHold: new Set(['HELD']), now };
}

describe('what is left in an outbox', () => {
  it('is told by project, the most first, with when and why', () => {
    const told = describeLeft(
      report(
        project('DOWN', {
          ready: 2,
          delayed: 3,
          nextDueAt: now + 240_000,
          trouble: { reason: 'CleverTap answered 503', at: now - 30_000 },
        }),
        project('HELD', { ready: 8, delayed: 1, nextDueAt: now + 1_000, trouble: { reason: 'it was 401', at: now } }),
      ),
    );
    expect(told).toEqual([
      'project HELD, on hold: 8 due now, 1 due later, the first in 1 s',
      '  last failure, 0 s ago: it was 401',
      'project DOWN: 2 due now, 3 due later, the first in 4 min',
      '  last failure, 30 s ago: CleverTap answered 503',
      'Once the reason is mended: npx clevertap-attribution outbox release box.db <project>, then drain',
    ]);
  });

  it('names the command that lists dead letters, and no failure where they are all that is there', () => {
    expect(describeLeft(report(project('P-1', { dead: 2, trouble: { reason: 'it was 503', at: now } })))).toEqual([
      'project P-1: 2 dead',
      'Why events are dead: npx clevertap-attribution outbox dead box.db',
    ]);
  });

  it('is nothing where nothing is left', () => {
    expect(describeLeft(report())).toEqual([]);
  });

  it('stays short with many projects, all of which are there for machines', () => {
    const many = report(...Array.from({ length: 50 }, (_, index) => project(`P-${index}`, { ready: 1 })));
    expect(describeLeft(many)).toHaveLength(21);
    expect(describeLeft(many).at(-1)).toBe('… and 30 more projects (--json lists them)');
    expect(leftAsJson(many)).toHaveLength(50);
  });
});
