import type { AnyAttributionError } from '../errors.js';
import type { NoticeSink } from '../observe/notice-listener.js';
import type { OutboxNotice, TroubleNotice } from './outbox-notice.js';

/** Listeners are told of one kind of trouble at most so often, in milliseconds: a consumer may meet hundreds in a second. */
const TOLD_EVERY_MS = 1_000;

/** Counts and tells of what goes wrong in the background of an outbox, where no call could reject. */
export class Troubles {
  readonly #listener: NoticeSink<OutboxNotice>;
  readonly #now: () => number;
  readonly #toldAt = new Map<TroubleNotice['doing'], number>();
  #total = 0;
  #warned = false;

  /** @param now A clock in milliseconds that never goes back. */
  constructor(listener: NoticeSink<OutboxNotice>, now: () => number = () => performance.now()) {
    this.#listener = listener;
    this.#now = now;
  }

  /** All so far, told or not. */
  get total(): number {
    return this.#total;
  }

  /** Counts one, and tells of it; where nobody listens, as a process warning, once. */
  note(doing: TroubleNotice['doing'], { code, message: reason }: AnyAttributionError): void {
    this.#total += 1;
    if (!this.#listener.listening) {
      this.#warnOnce(reason);
      return;
    }
    const now = this.#now();
    if (now - (this.#toldAt.get(doing) ?? -Infinity) < TOLD_EVERY_MS) return;
    this.#toldAt.set(doing, now);
    this.#listener.notify({ type: 'trouble', doing, code, reason, troubles: this.#total });
  }

  #warnOnce(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(
      `an outbox has trouble in the background, and tries again: ${reason.replace(/\.$/, '')}. Pass onNotice to be told of all`,
      'ClevertapAttributionWarning',
    );
  }
}
