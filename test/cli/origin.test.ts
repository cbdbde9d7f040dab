import { describe, expect, it } from 'vitest';
import { originOf } from '../../src/cli/origin.js';

describe('where a record stood first', () => {
  it('is where it came back from, or where that had it from', () => {
    const place = { code: 'network', message: 'refused', file: 'a.csv', line: 7 };
    expect(originOf(place)).toEqual({ file: 'a.csv', line: 7 });
    expect(originOf({ ...place, file: 'b', origin: { file: 'a.csv', line: 7 } })).toEqual({ file: 'a.csv', line: 7 });
  });

  it.each([undefined, null, 'network', {}, { file: 'a' }, { file: 1, line: 1 }, { file: 'a', line: 1.5 }])(
    'is not known of %j',
    (reason) => {
      expect(originOf(reason)).toBeUndefined();
    },
  );
});
