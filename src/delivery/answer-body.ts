/**
 * The bytes of an answer that came in several parts, up to a bound; what goes beyond it is left out.
 *
 * Copied together as they come: a part keeps the memory of all that was read with it, and a server may send bytes one by one.
 */
export class AnswerBody {
  #bytes = Buffer.alloc(0);
  #length = 0;

  constructor(private readonly maxBytes: number) {}

  /** Adds a part. */
  add(part: Buffer): void {
    const end = Math.min(this.#length + part.length, this.maxBytes);
    if (end > this.#bytes.length) this.#grow(end);
    part.copy(this.#bytes, this.#length);
    this.#length = end;
  }

  /** The text, decoded as a whole. */
  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.min(Math.max(length, 2 * this.#bytes.length), this.maxBytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
