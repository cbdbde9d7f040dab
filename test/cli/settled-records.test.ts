import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SettledRecords } from '../../src/cli/settled-records.js';

describe('records that have ended', () => {
  it('move the mark once all before them have', () => {
    const settled = new SettledRecords();
    expect(settled.add(1)).toBe(true);
    expect([settled.mark, ...settled.beyond]).toEqual([0, 1]);
    expect(settled.add(0)).toBe(true);
    expect([settled.mark, ...settled.beyond]).toEqual([2]);
  });

  it('are counted once each', () => {
    const settled = new SettledRecords(5);
    expect(settled.add(4)).toBe(false);
    expect(settled.add(9)).toBe(true);
    expect(settled.add(9)).toBe(false);
  });

  it('are the same in whichever order they end', () => {
    const ordinals = fc
      .uniqueArray(fc.nat({ max: 5_000 }), { maxLength: 300 })
      .chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })));
    fc.assert(
      fc.property(fc.nat({ max: 100 }), ordinals, (mark, [some, shuffled]) => {
        const [one, other] = [new SettledRecords(mark), new SettledRecords(mark)];
        for (const ordinal of some) one.add(ordinal);
        for (const ordinal of shuffled) other.add(ordinal);
        expect([one.mark, ...one.beyond]).toEqual([other.mark, ...other.beyond]);
        const known = new Set(some);
        for (let ordinal = 0; ordinal < 5_100; ordinal += 1)
          if (one.has(ordinal) !== (ordinal < mark || known.has(ordinal))) expect.fail(`of ${ordinal} it is wrong`);
      }),
      { numRuns: 30 },
    );
  });

  it('take little memory while one of them is late', () => {
    const settled = new SettledRecords();
    const before = process.memoryUsage();
    for (let ordinal = 1; ordinal < 2_000_000; ordinal += 1) settled.add(ordinal);
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(20_000_000);
    settled.add(0);
    expect(settled.mark).toBe(2_000_000);
  });
});
