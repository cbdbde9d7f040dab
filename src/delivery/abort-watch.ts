/** Something that a signal can end. */
export interface Abortable {
  /** Called when the signal fires. */
  onAbort(): void;
}

/** All that one signal ends, as its listener. */
class Watch {
  readonly members = new Set<Abortable>();

  handleEvent(): void {
    for (const member of this.members) member.onAbort();
  }
}

/**
 * Listens to signals, once to each however many share it: Node takes more than ten listeners for a leak and says so, and
 * adding one costs the more the more there are.
 */
export class AbortWatch {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** Has a signal that has not fired end a member, until it is removed. */
  add(signal: AbortSignal, member: Abortable): void {
    let watch = this.#watches.get(signal);
    if (watch === undefined) {
      watch = new Watch();
      this.#watches.set(signal, watch);
      signal.addEventListener('abort', watch);
    }
    watch.members.add(member);
  }

  /** Lets go of a member, and of its signal with the last one. */
  remove(signal: AbortSignal, member: Abortable): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined) return;
    watch.members.delete(member);
    if (watch.members.size > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener('abort', watch);
  }
}
