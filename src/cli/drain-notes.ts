import type { Notice } from '../observe/notice.js';
import type { OutboxNotice } from '../outbox/outbox-notice.js';
import type { Terminal } from './terminal.js';

/** Tells while an outbox is drained what holds it up, and knows which projects are on hold. */
export class DrainNotes {
  readonly #onHold = new Set<string>();

  constructor(private readonly terminal: Terminal) {}

  /** Projects that are on hold now. */
  get onHold(): ReadonlySet<string> {
    return this.#onHold;
  }

  /** Listens to the client. */
  readonly onClientNotice = (notice: Notice): void => {
    if (notice.type === 'outage' || notice.type === 'outage_ended') this.terminal.note(notice.message);
    else if (notice.type === 'retries_suspended')
      this.terminal.note(`The region "${notice.region}" is in trouble: one event at a time tries whether it is over.`);
    else if (notice.type === 'retries_resumed') this.terminal.note(`The region "${notice.region}" delivers again.`);
  };

  /** Listens to the outbox. */
  readonly onOutboxNotice = (notice: OutboxNotice): void => {
    if (notice.type === 'hold') {
      this.#onHold.add(notice.projectId);
      this.terminal.note(`Project ${notice.projectId} is on hold; the others go on.`);
    } else if (notice.type === 'hold_ended') {
      this.#onHold.delete(notice.projectId);
      this.terminal.note(`Project ${notice.projectId} goes on.`);
    }
  };
}
