/** A first-in, first-out queue whose steps cost the same whatever its length, unlike `Array.shift`. */
export class Fifo<Item> {
  #incoming: Item[] = [];
  #outgoing: Item[] = [];

  /** Items in the queue. */
  get size(): number {
    return this.#incoming.length + this.#outgoing.length;
  }

  /** Adds an item at the end. */
  push(item: Item): void {
    this.#incoming.push(item);
  }

  /** Takes the first item out. */
  shift(): Item | undefined {
    if (this.#outgoing.length === 0) {
      this.#outgoing = this.#incoming.reverse();
      this.#incoming = [];
    }
    return this.#outgoing.pop();
  }
}
