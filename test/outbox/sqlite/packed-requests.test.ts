import { expect, it } from 'vitest';
import type { StoreRequest } from '../../../src/outbox/sqlite/group-commit.js';
import { packRequest, unpackRequests } from '../../../src/outbox/sqlite/packed-requests.js';
import { item } from './store-fixture.js';

function acrossTheThread(requests: readonly StoreRequest[]): StoreRequest[] {
  const packed: unknown[] = [];
  for (const request of requests) packRequest(packed, request);
  return unpackRequests(structuredClone(packed));
}

it('keeps requests of every kind, and their order', () => {
  const retry = { kind: 'retry', at: 5, reason: 'it rains', failingSince: 3 } as const;
  const requests: StoreRequest[] = [
    { number: 1, name: 'stats', argument: null },
    { number: 2, name: 'add', argument: [item('a'), { ...item('b', 'Q', { named: false }), addedAt: 7 }] },
    {
      number: 3,
      name: 'settleAll',
      argument: [
        { seq: 4, lease: 2 ** 47, outcome: { kind: 'delivered' } },
        { seq: 5, lease: 1, outcome: retry },
        { seq: 6, lease: 1, outcome: { kind: 'dead', reason: 'no use' } },
      ],
    },
    { number: 4, name: 'settle', argument: { seq: 7, lease: 1, outcome: retry } },
    { number: 6, name: 'add', argument: [] },
    { number: 7, name: 'discard', argument: ['x', 'y'] },
  ];
  expect(acrossTheThread(requests)).toEqual(requests);
});

it('takes a call with more items than a function takes arguments', () => {
  const items = Array.from({ length: 150_000 }, (_, index) => item(`${index}`));
  const [request] = acrossTheThread([{ number: 1, name: 'add', argument: items }]);
  expect((request?.argument as unknown[]).at(-1)).toEqual(items.at(-1));
});
