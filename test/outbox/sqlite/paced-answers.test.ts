import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { packAnswers } from '../../../src/outbox/sqlite/packed-answers.js';
import { PacedAnswers } from '../../../src/outbox/sqlite/paced-answers.js';

const ALL = Array.from({ length: 500 }, (_, number) => number);

function packed(numbers: readonly number[]) {
  return packAnswers(numbers.map((number) => ({ number, result: true })));
}

it('gives all answers in their order, a few in each turn of the event loop', async () => {
  const given: number[] = [];
  const answers = new PacedAnswers(({ number }) => given.push(number));
  answers.push(packed(ALL.slice(0, 300)));
  answers.push(packed(ALL.slice(300)));
  const perTurn = [given.length];
  expect(answers.areLeft).toBe(true);
  while (given.length < ALL.length) {
    const before = given.length;
    await nextTurn();
    perTurn.push(given.length - before);
  }
  expect(given).toEqual(ALL);
  expect(Math.min(...perTurn.slice(0, -1)), 'it does not come to a halt').toBeGreaterThan(0);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(50);
});

it('gives one answer at once', () => {
  const given: number[] = [];
  const answers = new PacedAnswers(({ number }) => given.push(number));
  answers.push(packed([7]));
  expect(given).toEqual([7]);
  expect(answers.areLeft).toBe(false);
});

it('gives all that are left at once if it is told to, and each of them once', async () => {
  const given: number[] = [];
  const answers = new PacedAnswers(({ number }) => given.push(number));
  answers.push(packed(ALL));
  answers.giveAll();
  expect(given).toEqual(ALL);
  await nextTurn();
  await nextTurn();
  expect(given).toEqual(ALL);
});
