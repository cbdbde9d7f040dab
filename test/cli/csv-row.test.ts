import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvRow, splitCsvRow } from '../../src/cli/csv-row.js';

describe('a row of CSV', () => {
  it.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    [',', ['', '']],
    ['"a","b"', ['a', 'b']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi""",x', ['say "hi"', 'x']],
    ['"",""', ['', '']],
    ['"a\nb",c', ['a\nb', 'c']],
    ['"a\r\nb",c', ['a\r\nb', 'c']],
    [' a , b ', [' a ', ' b ']],
  ])('%j is split into its cells', (text, cells) => {
    expect(splitCsvRow(text, ',')).toEqual(cells);
  });

  it.each(['a"b', '"a"b', '"a', 'a,"b', ' "a"', 'a\nb', '"a"\n', '"a" ,b'])('%j is none', (text) => {
    expect(splitCsvRow(text, ',')).toBeUndefined();
  });

  it('goes by the delimiter that it is given', () => {
    expect(splitCsvRow('a,b;"c;d"', ';')).toEqual(['a,b', 'c;d']);
    expect(splitCsvRow('a\tb', '\t')).toEqual(['a', 'b']);
  });

  it('asks for another line while a quote is open', () => {
    const row = new CsvRow(',');
    expect(row.take('a,"b', '\r\n')).toBe('open');
    expect(row.take('', '\n')).toBe('open');
    expect(row.take('c",d', '')).toBe('complete');
    expect(row.cells).toEqual(['a', 'b\r\n\nc', 'd']);
  });

  it('comes back as RFC 4180 has it written', () => {
    const cell = fc.string({ unit: 'binary', maxLength: 20 });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(',', ';', '\t'),
        (cells, delimiter) => {
          expect(splitCsvRow(cells.map(quoted).join(delimiter), delimiter)).toEqual(cells);
        },
      ),
    );
  });

  it('is read as another strict parser reads it', () => {
    const text = fc.array(fc.constantFrom('"', '""', ',', 'a', 'b c', ' ', '\n', '1'), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        const row = parts.join('');
        // That one takes a line break outside of quotes for the end of a row, and leaves empty rows out.
        let others: string[][] | undefined;
        try {
          others = parse(row, { relax_column_count: true, record_delimiter: '\n' });
        } catch {
          others = undefined;
        }
        const isOneRow = others?.length === 1 && !row.endsWith('\n') && !row.startsWith('\n');
        if (row !== '') expect(splitCsvRow(row, ',')).toEqual(isOneRow ? others?.[0] : undefined);
      }),
      { numRuns: 1_000 },
    );
  });
});
