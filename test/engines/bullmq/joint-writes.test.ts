import { expect, it } from 'vitest';
import { JointWrites } from '../../../src/engines/bullmq/joint-writes.js';

/** Writes that end when they are told to. */
function controlled(maxItems = 100) {
  const written: number[][][] = [];
  const endings: ((error?: Error) => void)[] = [];
  const writes = new JointWrites<number, number>(async (calls) => {
    written.push(calls.map(({ items }) => [...items]));
    await new Promise<void>((resolve, reject) =>
      endings.push((error) => (error === undefined ? resolve() : reject(error))),
    );
    for (const { items, resolve } of calls) resolve(items.length);
  }, maxItems);
  const end = async (error?: Error) => {
    endings.shift()?.(error);
    await new Promise(setImmediate);
  };
  return { writes, written, end };
}

it('writes at once, and puts what comes meanwhile into the next write', async () => {
  const { writes, written, end } = controlled();
  const calls = [writes.add([1]), writes.add([2]), writes.add([3, 4])];
  expect(written).toEqual([[[1]]]);
  await end();
  expect(written).toEqual([[[1]], [[2], [3, 4]]]);
  await end();
  expect(await Promise.all(calls)).toEqual([1, 1, 2]);
});

it('keeps to the size of a write, and never parts a call', async () => {
  const { writes, written, end } = controlled(3);
  const calls = [writes.add([0]), writes.add([1, 2]), writes.add([3, 4]), writes.add([5, 6, 7, 8]), writes.add([9])];
  for (let writeCount = 0; writeCount < 5; writeCount += 1) await end();
  expect(written).toEqual([[[0]], [[1, 2]], [[3, 4]], [[5, 6, 7, 8]], [[9]]]);
  expect(await Promise.all(calls)).toEqual([1, 2, 2, 4, 1]);
});

it('fails those that wait behind a write that failed, and takes new ones', async () => {
  const { writes, written, end } = controlled();
  const calls = [writes.add([1]), writes.add([2])].map((call) => call.catch((error: unknown) => error));
  const away = new Error('away');
  await end(away);
  expect(await Promise.all(calls)).toEqual([away, away]);
  const next = writes.add([3]);
  await end();
  expect(await next).toBe(1);
  expect(written).toEqual([[[1]], [[3]]]);
});
