import { describe, expect, it } from 'vitest';
import { hostileInputs } from './hostile-inputs.js';

describe('whatever comes in', () => {
  it.each(hostileInputs)('$name: nothing but errors of the closed set', ({ check }) => {
    expect(() => check(2_000, 1)).not.toThrow();
  });
});
