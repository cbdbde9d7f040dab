const CHUNK = 1024;

/**
 * Which records have ended: all before a mark, and some beyond it, which take one bit each, so that it stays small also
 * while one record takes minutes and a million others pass it.
 */
export class SettledRecords {
  #mark: number;
  /** Bits of the records from the mark on, in chunks by number. */
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(mark = 0) {
    this.#mark = mark;
  }

  /** All records before this one have ended. */
  get mark(): number {
    return this.#mark;
  }

  /** Those beyond the mark that have ended, in order. */
  get beyond(): Iterable<number> {
    return this.#listBeyond();
  }

  /** Notes that a record has ended; false if that was known. */
  add(ordinal: number): boolean {
    if (this.has(ordinal)) return false;
    const number = Math.floor(ordinal / CHUNK);
    let chunk = this.#chunks.get(number);
    if (chunk === undefined) {
      chunk = new Uint8Array(CHUNK / 8);
      this.#chunks.set(number, chunk);
    }
    const place = ordinal % CHUNK;
    chunk[place >> 3] = (chunk[place >> 3] ?? 0) | (1 << (place & 7));
    this.#moveMark();
    return true;
  }

  /** Whether a record has ended. */
  has(ordinal: number): boolean {
    if (ordinal < this.#mark) return true;
    const place = ordinal % CHUNK;
    return (((this.#chunks.get(Math.floor(ordinal / CHUNK))?.[place >> 3] ?? 0) >> (place & 7)) & 1) === 1;
  }

  #moveMark(): void {
    let mark = this.#mark;
    while (this.has(mark)) {
      mark += 1;
      if (mark % CHUNK === 0) this.#chunks.delete(mark / CHUNK - 1);
    }
    this.#mark = mark;
  }

  *#listBeyond(): Generator<number> {
    const numbers = [...this.#chunks.keys()].sort((one, other) => one - other);
    for (const number of numbers) {
      for (let ordinal = Math.max(number * CHUNK, this.#mark); ordinal < (number + 1) * CHUNK; ordinal += 1)
        if (this.has(ordinal)) yield ordinal;
    }
  }
}
