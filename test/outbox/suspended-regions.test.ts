import { expect, it } from 'vitest';
import { SuspendedRegions } from '../../src/outbox/suspended-regions.js';

function inTrouble(...regions: string[]) {
  const suspended = new SuspendedRegions({ isSuspended: (region) => regions.includes(region) });
  const limits = () => {
    const limits = new Map<string, number>();
    suspended.addLimits(limits);
    return Object.fromEntries(limits);
  };
  return { suspended, limits };
}

it('lets everything out while all is well', () => {
  const { suspended, limits } = inTrouble();
  expect([suspended.enter('P', 'in'), suspended.enter('P', 'in'), suspended.enter('Q', 'in')]).toEqual([
    true,
    true,
    true,
  ]);
  expect(limits()).toEqual({});
});

it('lets one event at a time into a region in trouble, whatever its project', () => {
  const { suspended, limits } = inTrouble('in');
  expect(suspended.enter('P', 'in')).toBe(true);
  expect(suspended.enter('Q', 'in')).toBe(false);
  expect(suspended.enter('R', 'eu')).toBe(true);
  expect(limits()).toEqual({ P: 0, Q: 0 });
  suspended.leave('in');
  expect(limits()).toEqual({});
  expect(suspended.enter('Q', 'in')).toBe(true);
});
