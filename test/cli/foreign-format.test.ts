import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeForeignFormat, withWholeStart } from '../../src/cli/foreign-format.js';
import { all, chunksOf, cuts } from './chunks.js';

describe('the start of a text', () => {
  it('tells what is none', () => {
    expect(describeForeignFormat(Buffer.from('\uFEFFtype', 'utf16le'))).toContain('UTF-16');
    expect(describeForeignFormat(Buffer.from('feff0074', 'hex'))).toContain('UTF-16');
    expect(describeForeignFormat(Buffer.from('1f8b0800', 'hex'))).toContain('zcat');
    expect(describeForeignFormat(Buffer.from('28b52ffd', 'hex'))).toContain('zstdcat');
    expect(describeForeignFormat(Buffer.from('PK\u0003\u0004'))).toContain('spreadsheet');
  });

  it.each(['', '{', '\uFEFFtype', 'PKW', '(', 'ÿþ'])('lets %j through', (text) => {
    expect(describeForeignFormat(Buffer.from(text))).toBeUndefined();
  });

  it('comes in one piece, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 20 }), cuts, async (bytes, cutAt) => {
        const chunks = await all(withWholeStart(chunksOf(bytes, cutAt)));
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
        if (chunks[0] !== undefined) expect(chunks[0].length).toBeGreaterThanOrEqual(Math.min(4, bytes.length));
      }),
    );
  });
});
