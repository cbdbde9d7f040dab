import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerBody } from '../../src/delivery/answer-body.js';

function bytesAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('the body of an answer', () => {
  it('is its parts put together, cut at the bound', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 })), fc.integer({ min: 1, max: 5_000 }), (parts, bound) => {
        const body = new AnswerBody(bound);
        for (const part of parts) body.add(Buffer.from(part));
        expect(body.toString()).toBe(Buffer.concat(parts).subarray(0, bound).toString('utf8'));
      }),
    );
  });

  it('has its text decoded as a whole', () => {
    const body = new AnswerBody(100);
    for (const byte of Buffer.from('é “ü”')) body.add(Buffer.from([byte]));
    expect(body.toString()).toBe('é “ü”');
  });

  it('takes little memory where it is short, however long it may be', () => {
    const bodies = Array.from({ length: 200 }, () => new AnswerBody(65_536));
    const before = bytesAfterCollection();
    for (const body of bodies) for (const part of ['{"status":', '"success"}']) body.add(Buffer.from(part));
    expect(bodies.map((body) => body.toString())).toEqual(bodies.map(() => '{"status":"success"}'));
    expect(bytesAfterCollection() - before).toBeLessThan(200 * 10_000);
  });

  it('takes no more memory than its bytes, in however many parts a server sends it', () => {
    const bodies = Array.from({ length: 20 }, () => new AnswerBody(65_536));
    const before = bytesAfterCollection();
    for (const body of bodies) {
      for (let read = 0; read < 64; read += 1) {
        const received = Buffer.alloc(65_536, 0x78);
        for (let offset = 0; offset < 1_000; offset += 1) body.add(received.subarray(offset, offset + 1));
      }
    }
    expect(bodies.map((body) => body.toString().length)).toEqual(bodies.map(() => 64_000));
    expect(bytesAfterCollection() - before).toBeLessThan(20 * 4 * 65_536);
  });
});
