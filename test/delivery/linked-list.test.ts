import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedList, ListNode } from '../../src/delivery/linked-list.js';

class Item extends ListNode {
  constructor(readonly name: string) {
    super();
  }
}

function listOf(...names: string[]): { list: LinkedList<Item>; items: Item[] } {
  const list = new LinkedList<Item>();
  const items = names.map((name) => new Item(name));
  for (const item of items) list.push(item);
  return { list, items };
}

function namesOf(list: LinkedList<Item>): string[] {
  return Array.from(list, ({ name }) => name);
}

describe('LinkedList', () => {
  it('is empty at first', () => {
    const list = new LinkedList<Item>();
    expect(list.size).toBe(0);
    expect(list.first).toBeUndefined();
    expect(list.shift()).toBeUndefined();
    expect(namesOf(list)).toEqual([]);
  });

  it('gives out first what came first', () => {
    const { list, items } = listOf('a', 'b', 'c');
    expect(list.first).toBe(items[0]);
    expect([list.shift()?.name, list.shift()?.name, list.shift()?.name, list.shift()?.name]).toEqual([
      'a',
      'b',
      'c',
      undefined,
    ]);
    expect(list.size).toBe(0);
  });

  it.each([
    ['first', 0, ['b', 'c']],
    ['middle', 1, ['a', 'c']],
    ['last', 2, ['a', 'b']],
  ])('takes out the %s node', (_, index, rest) => {
    const { list, items } = listOf('a', 'b', 'c');
    const item = items[index] as Item;
    expect(list.remove(item)).toBe(true);
    expect(namesOf(list)).toEqual(rest);
    expect(list.size).toBe(2);
    list.push(new Item('d'));
    expect(namesOf(list)).toEqual([...rest, 'd']);
  });

  it('does not take out what it does not hold', () => {
    const { list, items } = listOf('a', 'b');
    const other = listOf('c');
    expect(list.remove(new Item('x'))).toBe(false);
    expect(list.remove(other.items[0] as Item)).toBe(false);
    expect(list.remove(items[0] as Item)).toBe(true);
    expect(list.remove(items[0] as Item)).toBe(false);
    expect(list.size).toBe(1);
    expect(other.list.size).toBe(1);
  });

  it('keeps nothing of a node that it took out, which can enter a list again', () => {
    const { list, items } = listOf('a', 'b', 'c');
    const item = items[1] as Item;
    list.remove(item);
    expect([item.previous, item.next, item.list]).toEqual([undefined, undefined, undefined]);
    const other = listOf('x').list;
    other.push(item);
    expect(namesOf(other)).toEqual(['x', 'b']);
    other.remove(item);
    list.push(item);
    expect(namesOf(list)).toEqual(['a', 'c', 'b']);
  });

  it('goes on when the node just given out is removed', () => {
    const { list } = listOf('a', 'b', 'c');
    const seen: string[] = [];
    for (const item of list) {
      seen.push(item.name);
      list.remove(item);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(list.size).toBe(0);
  });

  it('behaves as an array does under any pushes, shifts and removals', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom('push' as const, 'shift' as const), at: fc.constant(0) }),
      fc.record({ kind: fc.constant('remove' as const), at: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const list = new LinkedList<Item>();
        const model: Item[] = [];
        for (const [index, { kind, at }] of steps.entries()) {
          if (kind === 'push') {
            const item = new Item(String(index));
            list.push(item);
            model.push(item);
          } else if (kind === 'shift') {
            expect(list.shift()).toBe(model.shift());
          } else {
            const [item] = model.splice(at, 1);
            expect(list.remove(item ?? new Item('never in'))).toBe(item !== undefined);
          }
          expect(list.size).toBe(model.length);
          expect(list.first).toBe(model[0]);
          expect([...list]).toEqual(model);
        }
      }),
      { numRuns: 300 },
    );
  });
});
