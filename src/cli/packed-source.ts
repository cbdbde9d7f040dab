// An unpacker says that it is done only where it is given more than it wants, and zstd's only within one chunk.
const PADDING = Buffer.from([0]);

/** The chunks of a packed file, the last of them with one byte of padding at its end. */
export class PackedSource {
  readonly #chunks: AsyncIterator<Buffer>;
  /** What was handed back. */
  #returned: Buffer | undefined = undefined;
  /** Read already, to know whether it is the last one. */
  #ahead: Buffer | undefined = undefined;
  #ended = false;

  constructor(packed: AsyncIterable<Buffer>) {
    this.#chunks = packed[Symbol.asyncIterator]();
  }

  /** The next chunk; undefined behind the last one. */
  async next(): Promise<Buffer | undefined> {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned !== undefined) return returned;
    const chunk = this.#ahead ?? (await this.#read());
    this.#ahead = await this.#read();
    return chunk !== undefined && this.#ahead === undefined ? Buffer.concat([chunk, PADDING]) : chunk;
  }

  /** Hands back what was not used. */
  giveBack(chunk: Buffer): void {
    this.#returned = chunk;
  }

  /** Passes over padding; false if nothing comes behind it. */
  async hasMember(): Promise<boolean> {
    for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
      const start = chunk.findIndex((byte) => byte !== 0);
      if (start < 0) continue;
      this.giveBack(chunk.subarray(start));
      return true;
    }
    return false;
  }

  async #read(): Promise<Buffer | undefined> {
    while (!this.#ended) {
      const step = await this.#chunks.next();
      if (step.done === true) this.#ended = true;
      else if (step.value.length > 0) return step.value;
    }
    return undefined;
  }
}
