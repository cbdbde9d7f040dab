import { LinkedList, type ListNode } from '../delivery/linked-list.js';

/**
 * Those who wait for a place, in the order of their turns: whoever has had one before goes ahead of all who have not, so that
 * the next attempt of an event does not wait behind a backlog that came after it.
 */
export class WaitingLine<Node extends ListNode> {
  readonly #newcomers = new LinkedList<Node>();
  /** Made when it is needed, which is seldom. */
  #returning: LinkedList<Node> | undefined = undefined;

  /** How many wait. */
  get size(): number {
    return this.#newcomers.size + (this.#returning?.size ?? 0);
  }

  /** Lines somebody up behind those of the same kind. */
  push(node: Node, returning: boolean): void {
    if (returning) (this.#returning ??= new LinkedList()).push(node);
    else this.#newcomers.push(node);
  }

  /** Takes out whoever's turn it is. */
  shift(): Node | undefined {
    return this.#returning?.shift() ?? this.#newcomers.shift();
  }

  /** Takes somebody out of the middle; false if they do not wait here. */
  remove(node: Node): boolean {
    return this.#newcomers.remove(node) || (this.#returning?.remove(node) ?? false);
  }

  /** Everybody, in the order of their turns. */
  *[Symbol.iterator](): Generator<Node, void> {
    if (this.#returning !== undefined) yield* this.#returning;
    yield* this.#newcomers;
  }
}
