import type { EnqueueReport } from '../queue.js';
import type { Failure } from './failure.js';
import type { StoreAnswer } from './group-commit.js';
import type { Claim, ClaimedItem } from './store-operations.js';

/** Answers as they cross from the worker thread: one flat list of plain values, for the same reason as `PackedRequests`. */
export type PackedAnswers = readonly unknown[];

/** What stands behind the number of a packed answer. */
type Form = 'failure' | 'report' | 'claim' | 'result';

/** Packs the answers of a message. */
export function packAnswers(answers: readonly StoreAnswer[]): PackedAnswers {
  const packed: unknown[] = [];
  for (const answer of answers) {
    if ('failure' in answer) packed.push(answer.number, 'failure' satisfies Form, answer.failure);
    else if (isReport(answer.result)) {
      const { added, duplicates } = answer.result;
      packed.push(answer.number, 'report' satisfies Form, added.length, duplicates.length);
      for (const id of added) packed.push(id);
      for (const id of duplicates) packed.push(id);
    } else if (isClaim(answer.result)) {
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
      case 'report': {
        const [added, duplicates] = [this.#take() as number, this.#take() as number];
        return { number, result: { added: this.#takeIds(added), duplicates: this.#takeIds(duplicates) } };
      }
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

  #takeIds(count: number): string[] {
    const from = this.#at;
    this.#at += count;
    return this.#packed.slice(from, this.#at) as string[];
  }
}

function packItem(packed: unknown[], item: ClaimedItem): void {
  const { seq, id, named, partition, payload, deliveries, addedAt, failingSince } = item;
  packed.push(seq, id, named, partition, payload, deliveries, addedAt, failingSince);
}

function isReport(result: unknown): result is EnqueueReport {
  return typeof result === 'object' && result !== null && 'duplicates' in result;
}

function isClaim(result: unknown): result is Claim {
  return typeof result === 'object' && result !== null && 'lease' in result;
}
