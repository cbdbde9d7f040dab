import fc from 'fast-check';
import { expect, it } from 'vitest';
import { itemIdOf, jobIdOf } from '../../../src/engines/bullmq/job-id.js';

it('gives every id a job id that BullMQ takes, and finds the id again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      const jobId = jobIdOf(id);
      expect(jobId).not.toContain(':');
      expect(Number.isNaN(parseInt(jobId, 10))).toBe(true);
      expect(itemIdOf(jobId)).toBe(id);
    }),
  );
});

it('keeps halves of a surrogate pair apart, which UTF-8 would not', () => {
  expect(Buffer.from(jobIdOf('\ud800'))).not.toEqual(Buffer.from(jobIdOf('\ud801')));
  expect(itemIdOf(jobIdOf('a\ud800b'))).toBe('a\ud800b');
});

it('tells a job that is not ours', () => {
  expect(itemIdOf('17')).toBeUndefined();
});
