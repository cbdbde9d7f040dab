import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../src/forward/fifo.js';

describe('Fifo', () => {
  it('gives out what came first', () => {
    const fifo = new Fifo<string>();
    expect([fifo.size, fifo.shift()]).toEqual([0, undefined]);
    fifo.push('a');
    fifo.push('b');
    expect([fifo.size, fifo.shift(), fifo.size]).toEqual([2, 'a', 1]);
    fifo.push('c');
    expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.size]).toEqual(['b', 'c', undefined, 0]);
  });

  it('does as an array would, whatever the order of steps', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer()), { maxLength: 200 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const item of steps) {
          if (item === null) expect(fifo.shift()).toBe(model.shift());
          else {
            fifo.push(item);
            model.push(item);
          }
          expect(fifo.size).toBe(model.length);
        }
      }),
    );
  });

  it('does not get slow with its length', () => {
    const fifo = new Fifo<number>();
    for (let item = 0; item < 300_000; item += 1) fifo.push(item);
    for (let item = 0; item < 300_000; item += 1) if (fifo.shift() !== item) throw new Error('out of order');
    expect(fifo.size).toBe(0);
  });
});
