import { createHash } from 'node:crypto';
import { openInput, type Input } from './open-input.js';

/** What tells a file's content, as far as it went when it was looked at: one that has only grown still begins with it. */
export interface Fingerprint {
  /** Size, unpacked. */
  readonly bytes: number;
  readonly sha256: string;
}

/** A file's content now, and which of earlier ones it begins with. */
export interface Fingerprints {
  readonly whole: Fingerprint;
  /** Whether it begins with such a content, or is no more than that. */
  readonly beginsWith: (earlier: Fingerprint) => boolean;
}

/** Takes the fingerprint of a file, of what is packed in it where it is packed, and looks at its beginnings of some sizes. */
export async function takeFingerprints(input: Input, sizes: Iterable<number>): Promise<Fingerprints> {
  const waiting = [...new Set(sizes)].sort((one, other) => one - other);
  const beginnings = new Map<number, string>();
  const hash = createHash('sha256');
  let bytes = 0;
  const file = openInput(input);
  try {
    for await (let chunk of file.chunks) {
      for (let size = waiting[0]; size !== undefined && size <= bytes + chunk.length; size = waiting[0]) {
        hash.update(chunk.subarray(0, size - bytes));
        chunk = chunk.subarray(size - bytes);
        bytes = size;
        beginnings.set(size, hash.copy().digest('hex'));
        waiting.shift();
      }
      hash.update(chunk);
      bytes += chunk.length;
    }
  } finally {
    file.close();
  }
  return {
    whole: { bytes, sha256: hash.digest('hex') },
    beginsWith: (earlier) => beginnings.get(earlier.bytes) === earlier.sha256,
  };
}
