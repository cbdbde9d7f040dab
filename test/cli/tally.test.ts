import { describe, expect, it } from 'vitest';
import { Tally } from '../../src/cli/tally.js';

describe('a tally', () => {
  it('counts by status, by project and by reason, the largest first', () => {
    const tally = new Tally();
    tally.add('delivered', 'P-1', undefined);
    tally.add('failed', 'P-2', ['failed: network']);
    tally.add('rejected', 'P-2', ['rejected: name: is required']);
    tally.add('rejected', undefined, ['rejected: name: is required']);
    expect(tally.totals).toEqual({ delivered: 1, rejected: 2, failed: 1 });
    expect(tally.byProject).toEqual([
      ['P-2', { delivered: 0, rejected: 1, failed: 1 }],
      ['P-1', { delivered: 1, rejected: 0, failed: 0 }],
      ['(none)', { delivered: 0, rejected: 1, failed: 0 }],
    ]);
    expect(tally.byReason).toEqual([
      ['rejected: name: is required', 2],
      ['failed: network', 1],
    ]);
  });

  it('counts a record once, and under each of its reasons', () => {
    const tally = new Tally();
    tally.add('rejected', 'P-1', ['rejected: name', 'rejected: platform']);
    tally.add('rejected', 'P-1', ['rejected: platform']);
    expect(tally.totals).toEqual({ delivered: 0, rejected: 2, failed: 0 });
    expect(tally.byReason).toEqual([
      ['rejected: platform', 2],
      ['rejected: name', 1],
    ]);
  });

  it('counts right, and stays small, whatever number of projects and reasons the records make up', () => {
    const tally = new Tally();
    for (let index = 0; index < 30_000; index += 1) tally.add('failed', `P-${index}`, [`reason ${index}`]);
    expect(tally.byProject).toHaveLength(10_001);
    expect(tally.byReason).toHaveLength(1_001);
    expect(tally.byProject[0]).toEqual(['(other)', { delivered: 0, rejected: 0, failed: 20_000 }]);
    expect(tally.byReason[0]).toEqual(['(other)', 29_000]);
    expect(tally.byProject.reduce((sum, [, { failed }]) => sum + failed, 0)).toBe(30_000);
  });

  it('cuts what is too long for a name', () => {
    const tally = new Tally();
    tally.add('failed', 'P'.repeat(100_000), ['r'.repeat(100_000)]);
    expect(tally.byProject[0]?.[0]).toBe(`${'P'.repeat(299)}…`);
    expect(tally.byReason[0]?.[0]).toBe(`${'r'.repeat(299)}…`);
  });

  it('goes on from what an earlier run counted', () => {
    const tally = new Tally();
    tally.addProject('P-1', { delivered: 2, rejected: 1, failed: 0 });
    tally.addReason('rejected: name: is required', 1);
    const { project, reasons } = tally.add('rejected', 'P-1', ['rejected: name: is required']);
    expect([project, ...reasons]).toMatchObject([
      { number: 0, isNew: false },
      { number: 0, isNew: false },
    ]);
    expect(tally.totals).toEqual({ delivered: 2, rejected: 2, failed: 0 });
    expect(tally.byProject).toEqual([['P-1', { delivered: 2, rejected: 2, failed: 0 }]]);
    expect(tally.byReason).toEqual([['rejected: name: is required', 2]]);
  });

  it('takes any text for a project', () => {
    const tally = new Tally();
    tally.add('delivered', '__proto__', undefined);
    expect(JSON.stringify(Object.fromEntries(tally.byProject))).toBe(
      '{"__proto__":{"delivered":1,"rejected":0,"failed":0}}',
    );
  });
});
