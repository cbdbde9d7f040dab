import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { kindOf } from '../../src/contract/kind-of-value.js';

it.each<[unknown, string]>([
  ['x', 'a text'],
  [5, 'a number'],
  [Number.NaN, 'NaN'],
  [-Infinity, 'an infinite number'],
  [5n, 'a bigint'],
  [false, 'a boolean'],
  [Symbol('x'), 'a symbol'],
  [() => 'x', 'a function'],
  [undefined, 'nothing'],
  [null, 'null'],
  [['x'], 'a list'],
  [{ x: 1 }, 'an object'],
  [new Date(0), 'a Date'],
  [runInNewContext('new Date(0)'), 'a Date'],
  [new Map(), 'a Map'],
  [new Set(), 'a Set'],
  [new URLSearchParams(), 'an object'],
])('the kind of a value is told in words: %o', (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});

it('says nothing that the value says of itself', () => {
  expect(kindOf({ [Symbol.toStringTag]: 'secret', toString: () => 'secret' })).toBe('an object');
});
