import { expect, it } from 'vitest';
import { adviseAfterEnd } from '../../src/cli/finished-advice.js';
import { Tally } from '../../src/cli/tally.js';

function tallyOf(delivered: number, ...reasons: string[]): Tally {
  const tally = new Tally();
  for (let count = 0; count < delivered; count += 1) tally.add('delivered', 'P-1');
  for (const reason of reasons) tally.add('failed', 'P-1', [reason]);
  return tally;
}

it('names what sends nothing twice before what does', () => {
  const files = { failed: 'a.failed.ndjson', rejected: 'a.rejected.ndjson' };
  expect(adviseAfterEnd(files, tallyOf(2, 'failed: network'))).toBe(
    'Give "forward a.failed.ndjson …" for what failed, and "forward a.rejected.ndjson …" for what was rejected, once it is mended. ' +
      '--restart sends everything again, also what was delivered (2 events would be sent twice).',
  );
});

it('says that credentials come first where they were missing', () => {
  const files = { failed: 'a.failed.ndjson', rejected: undefined };
  expect(adviseAfterEnd(files, tallyOf(0, 'failed: authentication (no credentials)'))).toBe(
    'Give "forward a.failed.ndjson …" for what failed, once the credentials that were missing are there. ' +
      '--restart sends everything again.',
  );
});

it('names no file where none is left', () => {
  expect(adviseAfterEnd({ failed: undefined, rejected: undefined }, tallyOf(1))).toBe(
    '--restart sends everything again, also what was delivered (1 event would be sent twice).',
  );
});
