import { beforeEach, describe, expect, it } from 'vitest';
import { ProjectHolds } from '../../src/outbox/project-holds.js';

let holds: ProjectHolds;

function limitOf(projectId: string, now: number): number | undefined {
  const limits = new Map<string, number>();
  holds.addLimits(limits, now);
  return limits.get(projectId);
}

beforeEach(() => {
  holds = new ProjectHolds({ initialDelayMs: 1000, maxDelayMs: 4000 }, () => 1);
});

describe('a project on hold', () => {
  it('begins with the first refusal, and has nothing out until its probe is due', () => {
    expect(holds.refused('P', 0)).toEqual({ at: 1000, began: true });
    expect(limitOf('P', 999)).toBe(0);
    expect(limitOf('P', 1000)).toBe(1);
    expect(limitOf('Q', 0)).toBeUndefined();
  });

  it('has one probe out at a time', () => {
    holds.refused('P', 0);
    holds.begin('P');
    expect(limitOf('P', 1000)).toBe(0);
    holds.undecided('P');
    expect(limitOf('P', 1000)).toBe(1);
  });

  it('is probed less and less often, up to the longest delay', () => {
    let now = 0;
    const delays = Array.from({ length: 5 }, () => {
      const { at } = holds.refused('P', now);
      const delay = at - now;
      now = at;
      return delay;
    });
    expect(delays).toEqual([1000, 2000, 4000, 4000, 4000]);
  });

  it('is not probed later because others, which were out when it began, are refused as well', () => {
    const { at } = holds.refused('P', 0);
    expect(holds.refused('P', 10)).toEqual({ at, began: false });
    expect(holds.refused('P', 20)).toEqual({ at, began: false });
  });

  it('is forgotten where nothing of it has probed for an hour after its probe was due', () => {
    const { at } = holds.refused('P', 0);
    expect(holds.forgetIdle(at + 3_600_000)).toEqual([]);
    expect(holds.forgetIdle(at + 3_600_001)).toEqual(['P']);
    expect([holds.size, holds.has('P'), limitOf('P', 0)]).toEqual([0, false, undefined]);
  });

  it('is not forgotten while its probe is out, nor while there are probes', () => {
    const { at } = holds.refused('P', 0);
    holds.begin('P');
    expect(holds.forgetIdle(at + 10_000_000)).toEqual([]);
    const next = holds.refused('P', at + 10_000_000);
    expect(holds.forgetIdle(next.at)).toEqual([]);
    expect(holds.size).toBe(1);
  });

  it('ends when it is lifted', () => {
    holds.refused('P', 0);
    expect(holds.size).toBe(1);
    expect(holds.lift('P')).toBe(true);
    expect(holds.lift('P')).toBe(false);
    expect(limitOf('P', 0)).toBeUndefined();
    expect(holds.size).toBe(0);
  });
});
