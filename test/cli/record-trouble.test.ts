import { describe, expect, it } from 'vitest';
import { describeTrouble } from '../../src/cli/record-trouble.js';
import { NetworkError, ValidationError } from '../../src/errors.js';

describe('what is told of a record', () => {
  const issues = [
    { path: ['name'], message: 'is required' },
    { path: [], message: 'unknown key "city"' },
  ];

  it('names all of its mistakes, and not what they were found in', () => {
    const told = 'name: is required; unknown key "city"';
    expect(describeTrouble(new ValidationError('event', issues))).toBe(told);
    expect(describeTrouble(new ValidationError('record', issues))).toBe(told);
  });

  it('is the message of any other error', () => {
    expect(describeTrouble(new NetworkError('the connection broke'))).toBe('the connection broke');
  });

  it('is one line of bounded length', () => {
    const many = Array.from({ length: 1_000 }, () => ({ path: [], message: `is\nodd ${'x'.repeat(100)}` }));
    const told = describeTrouble(new ValidationError('event', many));
    expect(told.length).toBeLessThan(510);
    expect(told).not.toMatch(/\p{Cc}/u);
    expect(describeTrouble(new ValidationError('event', many), 50).length).toBeLessThan(60);
  });
});
