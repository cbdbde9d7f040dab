/** A node of at most one list; extend it, so that an object is its own node and entering a list allocates nothing. */
export abstract class ListNode {
  /** @internal */ previous: ListNode | undefined = undefined;
  /** @internal */ next: ListNode | undefined = undefined;
  /** @internal */ list: unknown = undefined;
}

/** A doubly linked list in which adding, taking the first and removing from the middle cost the same whatever its size. */
export class LinkedList<Node extends ListNode> {
  #head: ListNode | undefined = undefined;
  #tail: ListNode | undefined = undefined;
  #size = 0;

  /** Nodes in the list. */
  get size(): number {
    return this.#size;
  }

  /** The first node. */
  get first(): Node | undefined {
    return this.#head as Node | undefined;
  }

  /** Adds a node at the end; it must be in no list. */
  push(node: Node): void {
    node.list = this;
    node.previous = this.#tail;
    if (this.#tail === undefined) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
    this.#size += 1;
  }

  /** Takes the first node out. */
  shift(): Node | undefined {
    const node = this.first;
    if (node !== undefined) this.remove(node);
    return node;
  }

  /** Takes a node out; false if it is not in this list. */
  remove(node: Node): boolean {
    if (node.list !== this) return false;
    const { previous, next } = node;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    node.previous = node.next = node.list = undefined;
    this.#size -= 1;
    return true;
  }

  /** The nodes from first to last; the one just given out may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Node, void> {
    let node = this.#head;
    while (node !== undefined) {
      const { next } = node;
      yield node as Node;
      node = next;
    }
  }
}
