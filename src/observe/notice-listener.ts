import { ForeignCode } from './foreign-code.js';

/** Tells a listener of the caller's; one that throws or rejects costs no event and is reported as a process warning, once. */
export class NoticeListener<Notice> {
  readonly #code: ForeignCode;

  /** `name` is the option that brought the listener. */
  constructor(
    private readonly onNotice: ((notice: Notice) => void) | undefined,
    name = 'onNotice',
  ) {
    this.#code = new ForeignCode(name);
  }

  /** Whether anybody listens; if not, notices need not be made. */
  get listening(): boolean {
    return this.onNotice !== undefined;
  }

  /** Tells the listener. */
  notify(notice: Notice): void {
    this.#code.run(() => this.onNotice?.(notice));
  }
}
