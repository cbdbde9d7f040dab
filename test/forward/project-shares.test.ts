import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProjectShares } from '../../src/forward/project-shares.js';

describe('the share of a project', () => {
  it('is used up by as many as it may have, and leaves the others theirs', () => {
    const shares = new ProjectShares(2);
    expect(['A', 'A', 'A', 'B', 'B', 'B'].map((id) => shares.take(id))).toEqual([true, true, false, true, true, false]);
  });

  it('has room again for each that is given back', () => {
    const shares = new ProjectShares(1);
    shares.take('A');
    shares.take('A');
    shares.giveBack('A');
    expect([shares.take('A'), shares.take('A')]).toEqual([true, false]);
  });

  it('is nothing to be given back where nothing was taken', () => {
    const shares = new ProjectShares(1);
    shares.giveBack('A');
    expect([shares.take('A'), shares.take('A')]).toEqual([true, false]);
  });

  it('is without end where none is set', () => {
    const shares = new ProjectShares(Number.POSITIVE_INFINITY);
    for (let count = 0; count < 10_000; count += 1) expect(shares.take('A')).toBe(true);
    shares.giveBack('A');
    expect([shares.take('A'), shares.projects]).toEqual([true, 0]);
  });

  it('is what it should be, whatever comes and goes', () => {
    const step = fc.record({ projectId: fc.constantFrom('A', 'B', 'C'), take: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step), (max, steps) => {
        const shares = new ProjectShares(max);
        const taken = new Map([
          ['A', 0],
          ['B', 0],
          ['C', 0],
        ]);
        for (const { projectId, take } of steps) {
          const before = taken.get(projectId) ?? 0;
          if (take) {
            expect(shares.take(projectId)).toBe(before < max);
            taken.set(projectId, Math.min(max, before + 1));
          } else {
            shares.giveBack(projectId);
            taken.set(projectId, Math.max(0, before - 1));
          }
          // Nothing is left behind of those that have nothing unsettled.
          expect(shares.projects).toBe([...taken.values()].filter((count) => count > 0).length);
        }
      }),
    );
  });
});
