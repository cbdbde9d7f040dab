import { ForeignCode } from './foreign-code.js';

/** Whoever notices are told. */
export interface NoticeSink<Notice> {
  /** Whether anybody listens; if not, notices need not be made. */
  readonly listening: boolean;
  /** Tells of something that happened. */
  notify(notice: Notice): void;
}

/** Tells a listener of the caller's; one that throws or rejects costs no event and is reported as a process warning, once. */
export class NoticeListener<Notice> implements NoticeSink<Notice> {
  readonly #code: ForeignCode;

  /** `name` is the option that brought the listener. */
  constructor(
    private readonly onNotice: ((notice: Notice) => unknown) | undefined,
    name = 'onNotice',
  ) {
    this.#code = new ForeignCode(name);
  }

  get listening(): boolean {
    return this.onNotice !== undefined;
  }

  notify(notice: Notice): void {
    this.#code.run(() => this.onNotice?.(notice));
  }
}
