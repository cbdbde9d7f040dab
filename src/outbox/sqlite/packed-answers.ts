import type { Failure } from './failure.js';
import type { StoreAnswer } from './group-commit.js';
import type { Claim, ClaimedItem } from './store-operations.js';

/** Answers as they cross from the worker thread: one flat list of plain values, for the same reason as `PackedRequests`. */
export type PackedAnswers = readonly unknown[];

const NONE: readonly never[] = Object.freeze([]);

/** What stands behind the number of a packed answer. */
type Form = 'failure' | 'none' | 'claim' | 'result';

/** Packs the answers of a message. */
export function packAnswers(answers: readonly StoreAnswer[]): PackedAnswers {
  const packed: unknown[] = [];
  for (const answer of answers) {
    if ('failure' in answer) packed.push(answer.number, 'failure' satisfies Form, answer.failure);
    else if (isEmptyList(answer.result)) packed.push(answer.number, 'none' satisfies Form);
    else if (isClaim(answer.result)) {
      const { items, ...rest } = answer.result;
      packed.push(answer.number, 'claim' satisfies Form, rest, items.length);
      for (const item of items) packItem(packed, item);
    } else packed.push(answer.number, 'result' satisfies Form, answer.result);
  }
  return packed;
}

/** Unpacks answers one by one, so that they need not all be looked at in one turn of the event loop. */
export class AnswerReader {
  readonly #packed: PackedAnswers;
  #at = 0;

  constructor(packed: PackedAnswers) {
    this.#packed = packed;
  }

  /** The next one; undefined if there are no more. */
  next(): StoreAnswer | undefined {
    if (this.#at >= this.#packed.length) return undefined;
    const number = this.#take() as number;
    switch (this.#take() as Form) {
      case 'failure':
        return { number, failure: this.#take() as Failure };
      case 'none':
        return { number, result: NONE };
      case 'claim': {
        const [rest, items] = [this.#take() as Omit<Claim, 'items'>, this.#take() as number];
        return { number, result: { ...rest, items: Array.from({ length: items }, () => this.#takeItem()) } };
      }
      case 'result':
        return { number, result: this.#take() };
    }
  }

  #take(): unknown {
    return this.#packed[this.#at++];
  }

  #takeItem(): ClaimedItem {
    return {
      seq: this.#take() as number,
      id: this.#take() as string,
      named: this.#take() as boolean,
      partition: this.#take() as string,
      payload: this.#take() as string,
      deliveries: this.#take() as number,
      addedAt: this.#take() as number,
      failingSince: this.#take() as number | undefined,
    };
  }
}

function packItem(packed: unknown[], item: ClaimedItem): void {
  const { seq, id, named, partition, payload, deliveries, addedAt, failingSince } = item;
  packed.push(seq, id, named, partition, payload, deliveries, addedAt, failingSince);
}

/** Places of what was there before, or of what was not heeded: as a rule there are none. */
function isEmptyList(result: unknown): boolean {
  return Array.isArray(result) && result.length === 0;
}

function isClaim(result: unknown): result is Claim {
  return typeof result === 'object' && result !== null && 'lease' in result;
}
