import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/outbox/sqlite/failure.js';

describe('the failure of a store', () => {
  it('is told on one line of bounded length, whatever of a damaged file SQLite repeats', () => {
    const words = `malformed database schema (x\n2026-01-01 ERROR forged\u001b[2J${'y'.repeat(10_000)})`;
    const { kind, message } = describeFailure(Object.assign(new Error(words), { errcode: 11 }), 'opened');
    expect(kind).toBe('storage');
    expect(message).toContain('malformed database schema (x 2026-01-01 ERROR forged');
    expect(message).toContain('The file is damaged');
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(700);
  });
});
