import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNdjson } from '../../src/cli/read-ndjson.js';
import { all, chunksOf, cuts } from './chunks.js';

function read(content: string | Uint8Array, cutAt: readonly number[] = []) {
  return all(readNdjson(chunksOf(content, cutAt), 'a.ndjson'));
}

describe('NDJSON', () => {
  it('is one object a line; empty lines, either line break and a byte order mark are no matter', async () => {
    expect(await read('\uFEFF{"a":1}\r\n\n  \n{"b":"x"}')).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 4, value: { b: 'x' } },
    ]);
  });

  it('is nothing in an empty file', async () => {
    expect(await read('')).toEqual([]);
  });

  it('keeps __proto__ as a key like any other', async () => {
    const [record] = await read('{"__proto__":{"x":1}}');
    expect(JSON.stringify(record?.problem === undefined && record?.value)).toBe('{"__proto__":{"x":1}}');
  });
});

describe('JSON that is not one record a line', () => {
  it.each(['[\n  {"a":1}\n]\n', '[{"a":1},{"a":2}]', '\n [ {\n"a":1}]', '[\n'])(
    'is refused as a list: %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow("a.ndjson is a JSON list: write one record a line, as jq -c '.[]' does");
    },
  );

  it('is refused where a record goes over several lines', async () => {
    await expect(read('{\n  "a": 1\n}\n')).rejects.toThrow(
      'a.ndjson is JSON over several lines: write one record a line, as jq -c . does',
    );
  });

  it.each(['[{"a":1},{"a":2}]', '[{"a":1}]', '{'])('is a bad line alone where a record follows: %j', async (start) => {
    expect(await read(`${start}\n\n{"a":1}\n{\n`)).toMatchObject([
      { line: 1, unreadable: { raw: start } },
      { line: 3, value: { a: 1 } },
      { line: 4, unreadable: { raw: '{' } },
    ]);
  });

  it.each(['[{"a":1}]\n[{"a":2}]\n', '[{"a":1},\n{"a":2}]', '[\n{"a":1}\n]', '{\n{\n'])(
    'is refused where what follows is no record, or the first line not over: %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow(/write one record a line/);
    },
  );

  it('is looked for at the start alone', async () => {
    expect(await read('{"a":1}\n{\n')).toMatchObject([{ value: { a: 1 } }, { unreadable: { raw: '{' } }]);
  });
});

describe('a bad line of NDJSON', () => {
  it.each([
    ['nope', 'is not JSON: unexpected "o"'],
    ['{"a":', 'is not JSON: it breaks off'],
    ['{"a":1} x', 'is not JSON from character 9 on'],
    ['{"a":"\u0001"}', 'is not JSON from character 7 on'],
    ['\0\0\0', 'is not JSON: unexpected ""'],
    ['[{"a":1}]', 'a record must be an object'],
    ['null', 'a record must be an object'],
    ['"text"', 'a record must be an object'],
    ['17', 'a record must be an object'],
    ['{"params":{"order":12345678901234567890}}', 'holds a whole number of more than 2^53'],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'is nested too deeply for a record'],
    ['['.repeat(400_000), 'is not JSON: it breaks off'],
    [Buffer.from('{"a":"caf\xe9"}', 'latin1'), 'is not UTF-8'],
    [`{"a":"${'x'.repeat(1_000_000)}"}`, 'the line is too long for a record'],
  ])('costs itself alone: %.40s', async (bad, problem) => {
    const content = Buffer.concat([Buffer.from('{"good":1}\n'), Buffer.from(bad), Buffer.from('\n{"good":2}\n')]);
    const [before, record, after] = await read(content);
    expect([before, after]).toMatchObject([{ value: { good: 1 } }, { value: { good: 2 } }]);
    expect(record).toMatchObject({ line: 2, problem: expect.stringContaining(problem) as string });
  });

  it('comes back as the text that it is', async () => {
    expect(await read('{"a":1,}\n')).toMatchObject([{ unreadable: { raw: '{"a":1,}' } }]);
  });

  it('is described without its text, which may hold credentials', async () => {
    const url = 'https://api.clevertap.com/attribution?account_token=SECRET&account_passcode=SECRET';
    for (const text of [url, `{"url": ${url}}`, `{"url": "${url}`, `${url}{}`, `{"a" "${url}"}`]) {
      const [record] = await read(text);
      expect(record?.problem).toMatch(/^is not JSON/);
      expect(record?.problem).not.toMatch(/SECRET|https/);
    }
  });
});

describe('what came back from an earlier run', () => {
  const reason = { code: 'validation', message: 'record: is not JSON', file: 'x', line: 1 };
  const origin = { file: 'x', line: 1 };

  async function readOne(value: unknown) {
    const [record] = await read(JSON.stringify(value));
    return record;
  }

  it('is read as the line that it was, once that has been mended', async () => {
    expect(await readOne({ raw: '{"type":"custom"}', error: reason })).toEqual({
      line: 1,
      origin,
      value: { type: 'custom' },
    });
  });

  it('is read as the row that it was, once that has been mended', async () => {
    const columns = ['type', 'name', 'params.note'];
    expect(await readOne({ raw: 'custom,"5"" pipe","one\ntwo"', columns, error: reason })).toEqual({
      line: 1,
      origin,
      value: { type: 'custom', name: '5" pipe', params: { note: 'one\ntwo' } },
    });
    expect(await readOne({ raw: 'custom;A;', columns, delimiter: ';' })).toEqual({
      line: 1,
      value: { type: 'custom', name: 'A' },
    });
  });

  it.each([
    [{ raw: '{"a":', error: reason }, 'is not JSON: it breaks off'],
    [{ raw: 'a"b,c', columns: ['type', 'name'], error: reason }, 'has a quote where none may be'],
    [{ raw: 'a,b,c', columns: ['type', 'name'] }, 'has 3 cells, more than the 2 columns of the header'],
    [{ raw: 'a;b"', columns: ['type', 'name'], delimiter: ';' }, 'has a quote where none may be'],
    [{ raw: '{"type":"caf\uFFFD"}' }, 'is not UTF-8: U+FFFD stands where a character could not be read'],
    [
      { raw: 'custom,caf\uFFFD', columns: ['type', 'name'] },
      'is not UTF-8: U+FFFD stands where a character could not be read',
    ],
    [{ raw: '{"params":{"n":12345678901234567890}}' }, 'holds a whole number of more than 2^53'],
  ])('comes back the same as long as it has not been mended: %j', async (value, problem) => {
    const { error, ...unreadable } = value as typeof value & { error?: unknown };
    expect(error === undefined || error === reason).toBe(true);
    expect(await readOne(value)).toEqual({
      line: 1,
      problem: expect.stringContaining(problem) as string,
      unreadable,
      ...(error !== undefined && { origin }),
    });
  });

  it('is not what merely has such a key', async () => {
    for (const value of [
      { raw: 1 },
      { raw: 'x', type: 'custom' },
      { raw: 'x', columns: 'y' },
      { raw: 'x', columns: [1] },
    ])
      expect(await readOne(value)).toEqual({ line: 1, value });
  });
});

describe('any NDJSON', () => {
  it('comes back as it was written, however the bytes are cut', async () => {
    const value = fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.boolean()));
    const records = fc.array(value.filter((given) => !('raw' in given)));
    await fc.assert(
      fc.asyncProperty(records, fc.constantFrom('\n', '\r\n'), cuts, async (written, ending, cutAt) => {
        const content = written.map((record) => `${JSON.stringify(record)}${ending}`).join('');
        const lines = written.map((record, index) => ({
          line: index + 1,
          value: JSON.parse(JSON.stringify(record)) as object,
        }));
        expect(await read(content, cutAt)).toEqual(lines);
      }),
    );
  });

  it('never loses a good line behind any bytes whatsoever, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), cuts, async (bytes, cutAt) => {
        // Behind a good one, since what a file begins with may say that it is of another kind.
        const content = Buffer.concat([Buffer.from('{"good":0}\n'), bytes, Buffer.from('\n{"good":1}\n')]);
        expect((await read(content, cutAt)).at(-1)).toMatchObject({ value: { good: 1 } });
      }),
    );
  });
});
