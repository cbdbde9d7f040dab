import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barLine, plainLine } from '../../src/cli/progress-line.js';

const PARTS = [
  { text: '427/s', rank: 2 },
  { text: '1608 delivered', rank: 0 },
  { text: '5 s left', rank: 1 },
];

describe('a line of progress', () => {
  it('is the share and the parts', () => {
    expect(plainLine(0.429, PARTS)).toBe('42 %  427/s  1608 delivered  5 s left');
    expect(plainLine(undefined, PARTS)).toBe('427/s  1608 delivered  5 s left');
  });

  it('has a bar before it, shorter in a narrow terminal and none in a very narrow one', () => {
    const text = '42 %  427/s  1608 delivered  5 s left';
    expect(barLine(0.42, PARTS, 120)).toBe(`██████████░░░░░░░░░░░░░░ ${text}`);
    expect(barLine(0.42, PARTS, 80)).toBe(`█████░░░░░░░ ${text}`);
    expect(barLine(0.42, PARTS, 59)).toBe(text);
    expect(barLine(undefined, PARTS, 120)).toBe('427/s  1608 delivered  5 s left');
  });

  it('has a bar that is full at the end, and empty at the beginning', () => {
    expect(barLine(1, [], 80)).toBe('████████████ 100 %');
    expect(barLine(0, [], 80)).toBe('░░░░░░░░░░░░ 0 %');
  });

  it('goes without the parts that matter least, then without more of them', () => {
    expect(barLine(0.42, PARTS, 39)).toBe('42 %  1608 delivered  5 s left');
    expect(barLine(0.42, PARTS, 30)).toBe('42 %  1608 delivered');
    expect(barLine(0.42, PARTS, 12)).toBe('42 %');
  });

  it('never fills the last three columns, as long as there are any', () => {
    const part = fc.record({ text: fc.string({ unit: 'grapheme-ascii', maxLength: 30 }), rank: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
        fc.array(part, { maxLength: 8 }),
        fc.integer({ min: 9, max: 200 }),
        (share, parts, columns) => {
          expect(barLine(share, parts, columns).length).toBeLessThanOrEqual(columns - 3);
        },
      ),
    );
  });
});
