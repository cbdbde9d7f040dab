import type { Logger, LogLevel } from './logger.js';
import { NoticeListener, type NoticeSink } from './notice-listener.js';
import { NoticeLog, type LogWords } from './notice-log.js';

/** The options that bring listeners. */
export interface ListenerOptions<Notice> {
  readonly onNotice?: ((notice: Notice) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly logLevel?: LogLevel | undefined;
}

/** Tells `onNotice` and the logger, as far as there are any. */
export class NoticeListeners<Notice> implements NoticeSink<Notice> {
  readonly #listeners: readonly NoticeListener<Notice>[];

  constructor({ onNotice, logger, logLevel }: ListenerOptions<Notice>, words: LogWords<Notice>) {
    const log = logger && new NoticeLog(logger, logLevel, words);
    this.#listeners = [
      new NoticeListener(onNotice),
      new NoticeListener<Notice>(log && ((notice) => log.write(notice)), 'logger'),
    ].filter(({ listening }) => listening);
  }

  get listening(): boolean {
    return this.#listeners.length > 0;
  }

  notify(notice: Notice): void {
    for (const listener of this.#listeners) listener.notify(notice);
  }
}
