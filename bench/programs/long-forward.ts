import { AttributionClient } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { sampleEvent } from '../load/sample-events.js';

/** What the process is started with. */
export interface LongForwardOptions {
  readonly origin: string;
  readonly inFlight: number;
}

/** What to forward. */
export interface LongForward {
  readonly events: number;
  /** Events after which the memory is looked at for the first time. */
  readonly first: number;
}

/** Bytes of resident memory after the first events and at the end. */
export interface LongForwardReport {
  readonly first: number;
  readonly end: number;
}

function* records(count: number) {
  for (let index = 0; index < count; index += 1) yield { event: sampleEvent(index) };
}

/** Starts a client that forwards one long source. */
export function start({ origin, inFlight }: LongForwardOptions) {
  const client = new AttributionClient({
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: inFlight, total: inFlight },
  });
  return Promise.resolve({
    forward: async ({ events, first }: LongForward): Promise<LongForwardReport> => {
      let done = 0;
      let afterFirst = Number.NaN;
      for await (const result of client.forward(records(events))) {
        if (result.status !== 'delivered') throw result.error;
        done += 1;
        if (done === first) afterFirst = process.memoryUsage.rss();
      }
      return { first: afterFirst, end: process.memoryUsage.rss() };
    },
  });
}
