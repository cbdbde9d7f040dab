import { describe, expect, it } from 'vitest';
import { RetryBudget } from '../../src/delivery/retry-budget.js';

function emptyBudget(): RetryBudget {
  const budget = new RetryBudget();
  while (budget.take());
  return budget;
}

/** Retries that can be taken, one after the other, until there is none. */
function takeAll(budget: RetryBudget): number {
  let taken = 0;
  while (budget.take()) taken += 1;
  return taken;
}

describe('RetryBudget', () => {
  it('starts full at 100 retries, and then is empty', () => {
    const budget = new RetryBudget();
    expect(budget.left).toBe(100);
    expect(takeAll(budget)).toBe(100);
    expect(budget.left).toBe(0);
    expect(budget.take()).toBe(false);
    expect(budget.left).toBe(0);
  });

  it('gets back a fifth of a retry for each delivery', () => {
    const budget = emptyBudget();
    for (let delivery = 1; delivery <= 4; delivery += 1) {
      budget.giveBack();
      expect(budget.left).toBeCloseTo(delivery / 5);
      expect(budget.take()).toBe(false);
    }
    budget.giveBack();
    expect(budget.left).toBe(1);
    expect(budget.take()).toBe(true);
    expect(budget.left).toBe(0);
  });

  it('is worth exactly a fifth of the deliveries, however many they were', () => {
    for (const retries of [1, 2, 3, 7, 50, 99]) {
      const budget = emptyBudget();
      for (let delivery = 0; delivery < retries * 5; delivery += 1) budget.giveBack();
      expect(budget.left).toBe(retries);
      expect(takeAll(budget)).toBe(retries);
    }
  });

  it('does not grow beyond 100', () => {
    const budget = new RetryBudget();
    budget.giveBack();
    expect(budget.left).toBe(100);
    budget.take();
    for (let delivery = 0; delivery < 50; delivery += 1) budget.giveBack();
    expect(budget.left).toBe(100);
    expect(takeAll(budget)).toBe(100);
  });
});
