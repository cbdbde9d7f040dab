import { expect, it } from 'vitest';
import type { StoreAnswer } from '../../../src/outbox/sqlite/group-commit.js';
import { AnswerReader, packAnswers } from '../../../src/outbox/sqlite/packed-answers.js';

const ITEM = { seq: 3, id: 'a', named: true, partition: 'P', payload: '{}', deliveries: 2, addedAt: 5 };

const CLAIM = {
  lease: 2 ** 47,
  items: [
    { ...ITEM, failingSince: undefined },
    { ...ITEM, seq: 4, id: 'b', named: false, failingSince: 7 },
  ],
  cursor: { position: 1, from: 2, wrapped: true, nextDue: undefined },
  complete: false,
  lookAgainAt: 9,
};

function acrossTheThread(answers: readonly StoreAnswer[]): StoreAnswer[] {
  const reader = new AnswerReader(structuredClone(packAnswers(answers)));
  const read: StoreAnswer[] = [];
  for (let answer = reader.next(); answer !== undefined; answer = reader.next()) read.push(answer);
  return read;
}

it('keeps answers of every kind, and their order', () => {
  const answers: StoreAnswer[] = [
    { number: 3, result: [] },
    { number: 1, failure: { kind: 'storage', message: 'the disk is on fire' } },
    { number: 4, result: { kind: 'overflow', message: 'it is full', projectId: 'P' } },
    { number: 5, result: true },
    { number: 6, result: null },
    { number: 7, result: [0] },
    { number: 8, result: { ...CLAIM, items: [] } },
    { number: 9, result: CLAIM },
    { number: 10, result: [2, 5] },
  ];
  expect(acrossTheThread(answers)).toEqual(answers);
});

it('takes a claim with more items than a function takes arguments', () => {
  const items = Array.from({ length: 150_000 }, (_, seq) => ({ ...ITEM, seq, failingSince: undefined }));
  const [answer] = acrossTheThread([{ number: 1, result: { ...CLAIM, items } }]);
  expect((answer as { result: typeof CLAIM }).result.items.at(-1)).toEqual(items.at(-1));
});
