import { describe, expect, it } from 'vitest';
import { missingText, notText } from '../../src/contract/text-problem.js';

describe('what is told of a text that is required', () => {
  it.each<[unknown, string]>([
    [undefined, 'is required: a city'],
    [null, 'is required: a city'],
    ['', 'is empty, but required: a city'],
    ['  ', 'is empty, but required: a city'],
    [5, 'must be a text, but a number was given; put it in quotes'],
    [[], 'must be a text, but a list was given'],
  ])('is told by what stands there: %o', (value, told) => {
    expect(missingText(value, 'a city')).toBe(told);
  });
});

describe('what is told of something that is no text', () => {
  it.each<[unknown, boolean]>([
    [5, true],
    [5n, true],
    [true, true],
    [{}, false],
    [null, false],
    [['x'], false],
  ])('advises quotes where they help: %o', (value, advised) => {
    expect(notText(value).endsWith('; put it in quotes')).toBe(advised);
  });
});
