import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReturnedRecords } from '../../src/cli/returned-records.js';
import { ValidationError } from '../../src/errors.js';
import { workFolder } from './work-folder.js';

const error = { code: 'network', message: 'refused' } as const;
const from = { path: 'a.ndjson', line: 7 };
const nothing = () => undefined;

describe('a file of records that came back', () => {
  it('is made with the first one, for its owner alone', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    const begun: string[] = [];
    // Noted when it is this run's, which it is once it could be made, and before anything is in it.
    records.open(() => begun.push(readFileSync(folder.at('r'), 'utf8')));
    expect(existsSync(folder.at('r'))).toBe(false);
    expect(records.pathIfWritten).toBeUndefined();
    records.add({ type: 'custom' }, from, error);
    expect(begun).toEqual(['']);
    expect(records.pathIfWritten).toBe(folder.at('r'));
    if (process.platform !== 'win32') expect(statSync(folder.at('r')).mode & 0o777).toBe(0o600);
    records.close();
  });

  it('has a JSON object a line, with the reason beside the record', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    records.open(nothing);
    const issues = [{ path: ['name'], message: 'is required' }];
    const sizes = [
      records.add({ type: 'custom', error: 'of before' }, from, error),
      records.add({ raw: 'caf\u00e9 \ud800' }, { path: 'b', line: 8 }, { ...error, issues }),
    ];
    records.close();
    expect(folder.readJsonLines('r')).toEqual([
      { type: 'custom', error: { ...error, file: 'a.ndjson', line: 7 } },
      { raw: 'caf\u00e9 \ud800', error: { ...error, message: 'name: is required', issues, file: 'b', line: 8 } },
    ]);
    expect(sizes[1]).toBe(statSync(folder.at('r')).size);
  });

  it('has with the reason where the record stood first, if that was not where it was read now', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    records.open(nothing);
    records.add({}, { ...from, origin: { file: 'a.csv', line: 2 } }, error);
    records.close();
    expect(folder.readJsonLines('r')).toEqual([
      { error: { ...error, file: 'a.ndjson', line: 7, origin: { file: 'a.csv', line: 2 } } },
    ]);
  });

  it('has all mistakes of a record beside it, up to a bound', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    records.open(nothing);
    const issues = Array.from({ length: 5_000 }, (_, index) => ({ path: [`field${index}`], message: 'is odd' }));
    records.add({ few: 1 }, from, new ValidationError('event', issues.slice(0, 3)));
    records.add({ many: 1 }, from, new ValidationError('event', issues));
    records.close();
    const [few, many] = folder.readJsonLines('r').map(({ error }) => error as { message: string; issues: unknown[] });
    expect(few).toMatchObject({
      message: 'field0: is odd; field1: is odd; field2: is odd',
      issues: issues.slice(0, 3),
    });
    expect(many?.issues).toEqual(issues.slice(0, 20));
    expect(many?.message).toMatch(/field19: is odd; and 4980 more mistakes$/);
  });

  it('is cut to what the checkpoint knows of it, and goes on behind that', () => {
    const folder = workFolder();
    folder.write('r', '{"known":1}\n{"torn":');
    const records = new ReturnedRecords(folder.at('r'), { path: folder.at('r'), bytes: 12 }, false);
    records.open(() => expect.unreachable());
    records.add({ next: 1 }, from, error);
    records.close();
    expect(folder.readJsonLines('r')).toMatchObject([{ known: 1 }, { next: 1 }]);
  });

  it('is begun again where it was taken away meanwhile', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), { path: folder.at('r'), bytes: 12 }, false);
    let begun = 0;
    records.open(() => (begun += 1));
    const size = records.add({ next: 1 }, from, error);
    records.close();
    expect([begun, statSync(folder.at('r')).size]).toEqual([1, size]);
    expect(folder.readJsonLines('r')).toMatchObject([{ next: 1 }]);
  });

  it('is never somebody else’s file', () => {
    const folder = workFolder();
    const path = folder.write('r', 'mine\n');
    for (const known of [undefined, { path: folder.at('other'), bytes: 3 }])
      expect(() => new ReturnedRecords(path, known, false)).toThrow(`${path} exists: move it away`);
    expect(readFileSync(path, 'utf8')).toBe('mine\n');
  });

  it('is written over where that is asked for', () => {
    const folder = workFolder();
    const path = folder.write('r', 'of before\n');
    let begun = 0;
    const records = new ReturnedRecords(path, undefined, true);
    expect(readFileSync(path, 'utf8')).toBe('of before\n');
    records.open(() => (begun += 1));
    expect([readFileSync(path, 'utf8'), begun]).toEqual(['', 1]);
    records.close();
  });

  it('follows no link that was put in its place meanwhile', () => {
    const folder = workFolder();
    const target = folder.write('target', 'precious\n');
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    records.open(nothing);
    symlinkSync(target, folder.at('r'));
    expect(() => records.add({}, from, error)).toThrow('file already exists (EEXIST)');
    records.close();
    expect(readFileSync(target, 'utf8')).toBe('precious\n');
  });

  it('may be one that is empty, as a run leaves it that was killed when it had just made it', () => {
    const folder = workFolder();
    folder.write('r', '');
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    let begun = 0;
    records.open(() => (begun += 1));
    records.add({ next: 1 }, from, error);
    records.close();
    expect([begun, folder.readJsonLines('r').length]).toEqual([1, 1]);
  });

  it('says so when it cannot be written, and is not noted then: it is somebody else’s', () => {
    const folder = workFolder();
    const records = new ReturnedRecords(folder.at('r'), undefined, false);
    let begun = 0;
    records.open(() => (begun += 1));
    writeFileSync(folder.at('r'), '');
    expect(() => records.add({}, from, error)).toThrow(`cannot write ${folder.at('r')}`);
    expect(begun).toBe(0);
    records.close();
  });
});
