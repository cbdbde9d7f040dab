import type { AnyAttributionError } from '../errors.js';
import type { InputRecord } from './input-record.js';
import type { Progress } from './progress.js';
import { describeTrouble } from './record-trouble.js';

/** Records that are told of. */
const SHOWN = 20;

/** Tells of the first records that were not delivered; all of them are in files. */
export class TroubleLines {
  #told = 0;

  /** @param allAreIn Where to look for the others, as words behind "all of them". */
  constructor(
    private readonly progress: Pick<Progress, 'note'>,
    private readonly allAreIn: () => string,
  ) {}

  /** Tells of one more. */
  tell({ path, line }: InputRecord, status: 'rejected' | 'failed', error: AnyAttributionError): void {
    this.#told += 1;
    if (this.#told <= SHOWN) this.progress.note(`${path}:${line}: ${status}: ${describeTrouble(error)}`);
    else if (this.#told === SHOWN + 1) this.progress.note(`… and more, all of them ${this.allAreIn()}`);
  }
}
