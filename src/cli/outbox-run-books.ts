import { toSingleLine } from '../contract/text.js';
import type { ErrorCode } from '../errors.js';
import type { OutboxNotice } from '../outbox/outbox-notice.js';
import { Tally } from './tally.js';

/** An event that failed and is due again later. */
interface PutOff {
  readonly projectId: string;
  readonly code: ErrorCode;
  /** When it failed first in this run, in epoch milliseconds. */
  readonly since: number;
  /** When it is due again, in epoch milliseconds. */
  readonly at: number;
}

/** Codes that wait for a customer or for CleverTap to change something, which takes longer than a run. */
const WAIT_FOR_SOMEBODY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['authentication', 'bad_request']);

/** What became of the events of an outbox in one run, from its notices. */
export class OutboxRunBooks {
  readonly tally = new Tally();
  readonly #putOff = new Map<string, PutOff>();
  #noticed = 0;
  #ended = 0;

  /** Events that ended in this run: delivered or dead. */
  get ended(): number {
    return this.#ended;
  }

  /** Deliveries that were told to have failed, each time. */
  get noticed(): number {
    return this.#noticed;
  }

  /** To be told of what becomes of events. */
  readonly onNotice = (notice: OutboxNotice): void => {
    switch (notice.type) {
      case 'rescheduled': {
        const { id, projectId, code, at } = notice;
        this.#noticed += 1;
        this.#putOff.set(id, { projectId, code, since: this.#putOff.get(id)?.since ?? Date.now(), at: at.getTime() });
        return;
      }
      case 'delivered':
        this.tally.add('delivered', notice.projectId);
        {
          this.#end(notice.id);
          return;
        }
      case 'dead_letter':
        this.tally.add('rejected', notice.projectId, [`dead letter: ${toSingleLine(notice.reason, 200)}`]);
        {
          this.#end(notice.id);
          return;
        }
      default:
    }
  };

  #end(id: string): void {
    this.#putOff.delete(id);
    this.#ended += 1;
  }

  /** Whether an event that failed is due again before it has been failing for so long, for a reason that passes by itself. */
  mayComeThrough(withinMs: number): boolean {
    for (const { code, since, at } of this.#putOff.values())
      if (!WAIT_FOR_SOMEBODY.has(code) && at <= since + withinMs) return true;
    return false;
  }

  /** Counts as failed what was put off and has not come through; gives how many these are by project. */
  close(): ReadonlyMap<string, number> {
    const failed = new Map<string, number>();
    for (const { projectId, code } of this.#putOff.values()) {
      this.tally.add('failed', projectId, [`failed: ${code}`]);
      failed.set(projectId, (failed.get(projectId) ?? 0) + 1);
    }
    this.#putOff.clear();
    return failed;
  }
}
