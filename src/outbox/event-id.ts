import { randomFillSync } from 'node:crypto';

/** Where random bytes stand in the text; but for a few bits of the first and the third, which tell version and variant. */
const RANDOM_PLACES: readonly number[] = [14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** Writes each id over the last one: put together from pieces, each would leave them behind as garbage. */
class EventIdWriter {
  readonly #text = Buffer.from('00000000-0000-7000-8000-000000000000');
  #writtenMs = 0;
  /** For many ids, since drawing takes longer than writing. */
  readonly #random = Buffer.alloc(RANDOM_PLACES.length * 256);
  #used = this.#random.length;

  write(nowMs: number): string {
    if (nowMs !== this.#writtenMs) this.#writeTime(nowMs);
    for (const place of RANDOM_PLACES) this.#writeByte(place, this.#draw());
    this.#text.write('7', 14);
    // Its lowest bits are as random as before.
    this.#writeDigit(19, 8 + ((this.#text[19] ?? 0) % 4));
    return this.#text.toString('latin1');
  }

  #writeTime(nowMs: number): void {
    const time = nowMs.toString(16).padStart(12, '0');
    this.#text.write(`${time.slice(0, 8)}-${time.slice(8)}`);
    this.#writtenMs = nowMs;
  }

  #draw(): number {
    if (this.#used === this.#random.length) {
      randomFillSync(this.#random);
      this.#used = 0;
    }
    return this.#random[this.#used++] ?? 0;
  }

  #writeByte(place: number, byte: number): void {
    this.#writeDigit(place, byte >>> 4);
    this.#writeDigit(place + 1, byte % 16);
  }

  #writeDigit(place: number, digit: number): void {
    this.#text[place] = HEX_DIGITS[digit] ?? 0;
  }
}

const writer = new EventIdWriter();

/** A new id (UUID version 7, RFC 9562): ids sort by the time they were made, which keeps inserting them cheap. */
export function createEventId(nowMs: number = Date.now()): string {
  return writer.write(nowMs);
}
