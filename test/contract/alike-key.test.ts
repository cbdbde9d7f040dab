import { expect, it } from 'vitest';
import { alikeKey } from '../../src/contract/alike-key.js';

const KNOWN = ['utmSource', 'name'];

it.each([
  ['utm_source', 'utmSource'],
  ['utm-source', 'utmSource'],
  [' UTM Source ', 'utmSource'],
  ['NAME', 'name'],
  ['utm_sauce', undefined],
  ['names', undefined],
  ['', undefined],
  ['42', undefined],
  ['__proto__', undefined],
])('%j was meant to be %j', (key, meant) => {
  expect(alikeKey(key, KNOWN)).toBe(meant);
});
