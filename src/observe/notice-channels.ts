import { channel } from 'node:diagnostics_channel';
import type { Notice } from './notice.js';
import { noticeFacts } from './notice-facts.js';

/** Names of the diagnostics channels by the type of notice. */
export const NOTICE_CHANNELS: Readonly<Record<Notice['type'], string>> = {
  attempt: 'clevertap-attribution:attempt',
  retry: 'clevertap-attribution:retry',
  delivered: 'clevertap-attribution:delivered',
  failed: 'clevertap-attribution:failed',
  outage: 'clevertap-attribution:outage',
  outage_ended: 'clevertap-attribution:outage_ended',
  retries_suspended: 'clevertap-attribution:retries_suspended',
  retries_resumed: 'clevertap-attribution:retries_resumed',
  hold: 'clevertap-attribution:hold',
  hold_ended: 'clevertap-attribution:hold_ended',
  limit: 'clevertap-attribution:limit',
};

/**
 * Publishes notices to Node's diagnostics channels, for whoever in the process subscribes. All clients share them. Nothing
 * is computed for a channel that nobody subscribes to.
 */
export class NoticeChannels {
  // Held here: Node keeps a channel that nobody holds only until the next collection of garbage.
  readonly #attempt = channel(NOTICE_CHANNELS.attempt);
  readonly #retry = channel(NOTICE_CHANNELS.retry);
  readonly #delivered = channel(NOTICE_CHANNELS.delivered);
  readonly #failed = channel(NOTICE_CHANNELS.failed);

  /** Whether anybody subscribes to what happens to single events. */
  get listening(): boolean {
    return (
      this.#attempt.hasSubscribers ||
      this.#delivered.hasSubscribers ||
      this.#failed.hasSubscribers ||
      this.#retry.hasSubscribers
    );
  }

  /** Publishes the facts of a notice. */
  publish(notice: Notice): void {
    const target = channel(NOTICE_CHANNELS[notice.type]);
    if (target.hasSubscribers) target.publish(noticeFacts(notice));
  }
}
