import type { StoreAnswer } from './group-commit.js';
import { AnswerReader, type PackedAnswers } from './packed-answers.js';

/** Answers given in one turn of the event loop: whoever gets one often asks for the next thing in the same turn. */
const PER_TURN = 32;

/**
 * Gives answers in their order, a few in each turn of the event loop. One message can hold those of thousands who waited for
 * the same sync of the disk, and were they all to go on in one turn, everything else in the process would have to wait.
 */
export class PacedAnswers {
  readonly #give: (answer: StoreAnswer) => void;
  #readers: AnswerReader[] = [];
  #pending: NodeJS.Immediate | undefined;

  constructor(give: (answer: StoreAnswer) => void) {
    this.#give = give;
  }

  /** Whether some are still to be given. */
  get areLeft(): boolean {
    return this.#pending !== undefined;
  }

  /** Takes the answers of a message behind those that it has; if there are none, the first are given at once. */
  push(packed: PackedAnswers): void {
    this.#readers.push(new AnswerReader(packed));
    if (this.#pending === undefined) this.#giveSome();
  }

  /** Gives all that are left at once. */
  giveAll(): void {
    clearImmediate(this.#pending);
    this.#pending = undefined;
    while (this.#giveNext());
  }

  #giveSome(): void {
    this.#pending = undefined;
    for (let given = 0; given < PER_TURN; given += 1) if (!this.#giveNext()) return;
    this.#pending = setImmediate(() => this.#giveSome());
  }

  /** False if there was none. */
  #giveNext(): boolean {
    for (let reader = this.#readers[0]; reader !== undefined; reader = this.#readers[0]) {
      const answer = reader.next();
      if (answer !== undefined) {
        this.#give(answer);
        return true;
      }
      this.#readers.shift();
    }
    return false;
  }
}
