import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/cli/read-csv.js';
import { all, chunksOf, cuts } from './chunks.js';

function read(content: string | Uint8Array, delimiter = ',', cutAt: readonly number[] = []) {
  return all(readCsv(chunksOf(content, cutAt), delimiter, 'events.csv'));
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('CSV', () => {
  it('names the keys of its records in the header, and parameters as params.x', async () => {
    expect(await read('type,name,params.city,params.n\ncustom,A,Mumbai,1\n')).toEqual([
      { line: 2, value: { type: 'custom', name: 'A', params: { city: 'Mumbai', n: '1' } } },
    ]);
  });

  it('leaves out empty cells', async () => {
    expect(await read('type,name,platform\n,A,\n')).toEqual([{ line: 2, value: { name: 'A' } }]);
  });

  it.each(['\uFEFFtype,name\r\ncustom,A\r\n', 'type,name\ncustom,A', '\n\n type , name \n,\n\ncustom,A\n \n'])(
    'is read with a byte order mark, either line break, none at the end, and empty lines: %j',
    async (text) => {
      expect(await read(text)).toMatchObject([{ value: { type: 'custom', name: 'A' } }]);
    },
  );

  it('is nothing in an empty file, and no record with a header alone', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('type,name')).toEqual([]);
    expect(await read('\n\n')).toEqual([]);
  });

  it('may have columns without a name as long as nothing is in them', async () => {
    expect(await read('type,name,,\ncustom,A,,\ncustom,B,x,\ncustom,C\n')).toMatchObject([
      { value: { type: 'custom', name: 'A' } },
      { line: 3, problem: 'has something in column 3, which has no name in the header' },
      { value: { type: 'custom', name: 'C' } },
    ]);
  });

  it('ignores the reasons that this program put beside records', async () => {
    const text = 'type,error.code,error.message,error\ncustom,network,refused,x\n';
    expect(await read(text)).toEqual([{ line: 2, value: { type: 'custom' } }]);
  });

  it('takes __proto__ as a parameter like any other', async () => {
    const [record] = await read('type,params.__proto__\ncustom,x\n');
    expect(JSON.stringify(record)).toBe('{"line":2,"value":{"type":"custom","params":{"__proto__":"x"}}}');
  });

  it('has another delimiter if that is said', async () => {
    expect(await read('type;name\ncustom;"A;B"\n', ';')).toMatchObject([{ value: { name: 'A;B' } }]);
  });
});

describe('a mistake in the header of CSV', () => {
  it.each([
    ['type,city\n', 'column "city" is unknown; extra parameters are columns named params.x'],
    ['type,naem\n', 'column "naem" is unknown (did you mean "name"?); extra parameters are columns named params.x'],
    ['type,utmSuorce\n', 'column "utmSuorce" is unknown (did you mean "utmSource"?)'],
    ['type,projctId\n', 'column "projctId" is unknown (did you mean "projectId"?)'],
    ['type,parms.city\n', 'column "parms.city" is unknown (did you mean "params.city"?)'],
    ['type,city.name\n', 'column "city.name" is unknown; extra'],
    ['type,utm_source\n', 'column "utm_source" is unknown; write "utmSource"'],
    ['type,Device Identifier\n', 'write "deviceIdentifier"'],
    ['type,name,type\n', 'column "type" is there twice'],
    ['type,params.a,params.a\n', 'column "params.a" is there twice'],
    ['type,params.\n', 'column "params." names no parameter'],
    ['type,params.account_id\n', 'column "params.account_id" is a parameter of the protocol itself'],
    ['type,params\n', 'column "params" is unknown'],
    ['type,__proto__\n', 'column "__proto__" is unknown'],
    ['type;name\n', 'the header line is one column; give --delimiter ";"'],
    ['type\tname\n', 'the header line is one column; give --delimiter tab'],
    ['"type,name\n', 'the header line: a quote is opened and never closed'],
    ['ty"pe,name\n', 'the header line: has a quote where none may be'],
    [Buffer.from('type,params.gr\xf6\xdfe\n', 'latin1'), 'the header line: is not UTF-8'],
  ])('is one of the file, and names what is wrong: %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toMatchObject({ name: 'UsageError' });
    await expect(read(text)).rejects.toThrow('events.csv');
  });

  it('is a column that is not there and that no record can do without, told once', async () => {
    const required = ['type', 'deviceIdentifier', 'platform'];
    const readWith = (text: string) => all(readCsv(chunksOf(text, []), ',', 'events.csv', required));
    await expect(readWith('type,name\ncustom,A\ncustom,B\n')).rejects.toThrow(
      'events.csv: there is no column "deviceIdentifier" and none "platform", which every record must have',
    );
    expect(await readWith('platform, type ,deviceIdentifier\nios,custom,x\n')).toHaveLength(1);
  });

  it('is told once where it is what makes another column missing', async () => {
    const reading = all(readCsv(chunksOf('type,plattform\n', []), ',', 'events.csv', ['type', 'platform']));
    await expect(reading).rejects.toThrow(
      /^events\.csv: column "plattform" is unknown \(did you mean "platform"\?\); extra parameters are columns named params\.x$/,
    );
  });

  it('names all that is wrong, up to a bound, on one line', async () => {
    const header = Array.from({ length: 1_000 }, (_, index) => `wrong\u0007${index}`).join(',');
    await expect(read(`${header}\n`)).rejects.toThrow(/"wrong 0".*"wrong 9".*and 990 more$/);
  });
});

describe('a bad row of CSV', () => {
  const good = 'custom,Good\n';

  it.each([
    ['custom,A,B,C\n', 'has 4 cells, more than the 2 columns of the header', 'custom,A,B,C'],
    ['custom\n', 'has 1 cell, fewer than the 2 columns of the header; write empty cells as well', 'custom'],
    ['custom,5" pipe\n', 'has a quote where none may be', 'custom,5" pipe'],
    ['custom,"A" B\n', 'has a quote where none may be', 'custom,"A" B'],
    ['custom,"never closed\n', 'a quote is opened and never closed', 'custom,"never closed'],
    [Buffer.from('custom,caf\xe9\n', 'latin1'), 'is not UTF-8', 'custom,caf\uFFFD'],
  ])('costs itself alone and comes back with its header: %j', async (bad, problem, raw) => {
    const content = Buffer.concat([Buffer.from(`type,name\n${good}`), Buffer.from(bad), Buffer.from(good + good)]);
    const records = await read(content);
    expect(records).toEqual([
      { line: 2, value: { type: 'custom', name: 'Good' } },
      {
        line: 3,
        problem: expect.stringContaining(problem) as string,
        unreadable: { raw, columns: ['type', 'name'] },
      },
      { line: 4, value: { type: 'custom', name: 'Good' } },
      { line: 5, value: { type: 'custom', name: 'Good' } },
    ]);
  });

  it('costs itself alone where the next quote is far behind it', async () => {
    const rows = good.repeat(300);
    const records = await read(`type,name\ncustom,"open\n${rows}custom,"Quoted"\ncustom,"open\n${rows}`);
    const bad = records.filter(({ problem }) => problem !== undefined);
    expect(bad.map(({ line }) => line)).toEqual([2, 304]);
    expect(records.length - bad.length).toBe(601);
  });

  it('costs itself alone where no quote comes within what an event can hold', async () => {
    const records = await read(`type,name\ncustom,"open\n${good.repeat(20_000)}custom,"Quoted"\n`);
    expect(records).toHaveLength(20_002);
    expect(records.filter(({ problem }) => problem !== undefined)).toMatchObject([{ line: 2 }]);
  });

  it('says which delimiter its cells have, where that is no comma', async () => {
    expect(await read('type;name\ncustom;a"b\n', ';')).toMatchObject([
      { unreadable: { raw: 'custom;a"b', columns: ['type', 'name'], delimiter: ';' } },
    ]);
  });

  it('is not mistaken for the lines of a good one', async () => {
    const text = `type,name,params.note\ncustom,A,"one\r\ntwo, with ""quotes""\n\ncustom,B,C"\n`;
    expect(await read(text)).toEqual([
      { line: 2, value: { type: 'custom', name: 'A', params: { note: 'one\r\ntwo, with "quotes"\n\ncustom,B,C' } } },
    ]);
  });
});

describe('any CSV', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.toWellFormed());
  const row = fc.tuple(text, text, text).filter((cells) => cells.some((cell) => cell.trim() !== ''));

  it('comes back as RFC 4180 has it written, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row), fc.constantFrom('\n', '\r\n'), cuts, async (rows, ending, cutAt) => {
        const lines = ['params.a,params.b,params.c', ...rows.map((cells) => cells.map(quoted).join(','))];
        const records = await read(lines.map((line) => `${line}${ending}`).join(''), ',', cutAt);
        const expected = rows.map(([a, b, c]) => Object.entries({ a, b, c }).filter(([, cell]) => cell !== ''));
        expect(records.map((record) => Object.entries((record as { value: { params: object } }).value.params))).toEqual(
          expected,
        );
      }),
    );
  });

  it('never loses a good row behind any bytes whatsoever, and never throws', async () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'x'), maxLength: 40 }).map((value) => Buffer.from(value)),
    );
    await fc.assert(
      fc.asyncProperty(noise, cuts, async (bytes, cutAt) => {
        // A second quote ends whatever is open, as the next quoted cell of a real file does.
        const content = Buffer.concat([Buffer.from('type,name\n'), bytes, Buffer.from('\ncustom,"B"\ncustom,Last\n')]);
        const records = await read(content, ',', cutAt);
        expect(records.at(-1)).toMatchObject({ value: { type: 'custom', name: 'Last' } });
      }),
      { numRuns: 500 },
    );
  });

  it('is read the same however the bytes are cut', async () => {
    const content = fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r\n', 'x', 'é', '😀'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(content, cuts, async (body, cutAt) => {
        expect(await read(`type,name\n${body}`, ',', cutAt)).toEqual(await read(`type,name\n${body}`));
      }),
    );
  });
});
