import { setTimeout as sleep } from 'node:timers/promises';
import { AttributionClient, type ClientOptions } from 'clevertap-attribution';
import { Agent } from 'undici';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { sampleEvent } from '../load/sample-events.js';
import { Workload } from '../load/workload.js';

/** Who sends during the outage: one client, so many clients that no retry budget is ever used up, or `forward()`. */
export type OutageSender = 'one budget' | 'ample budgets' | 'forward';

/** Four retries each are what a budget of 100 allows. */
const EVENTS_WITHIN_A_BUDGET = 25;

/** What the process is started with. */
export interface OutageTrafficOptions {
  readonly origin: string;
  readonly sender: OutageSender;
}

/** What is offered to be sent. */
export interface Offer {
  readonly perSecond: number;
  readonly durationMs: number;
}

/** Starts whoever sends while the server is down. */
export function start({ origin, sender }: OutageTrafficOptions) {
  const options: ClientOptions = {
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: 256 },
    dispatcher: new Agent({ connections: 256 }),
  };
  let client = new AttributionClient(options);

  const offerSteadily = async ({ perSecond, durationMs }: Offer): Promise<number> => {
    const startedAt = performance.now();
    let offered = 0;
    for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - startedAt) {
      for (const due = (elapsedMs / 1_000) * perSecond; offered < due; offered += 1) {
        if (sender === 'ample budgets' && offered % EVENTS_WITHIN_A_BUDGET === 0)
          client = new AttributionClient(options);
        // All of them fail; what counts is what the server sees.
        client.send(sampleEvent(offered)).catch(() => undefined);
      }
      await sleep(10);
    }
    return offered;
  };

  const offerAsRead = async ({ durationMs }: Offer): Promise<number> => {
    let read = 0;
    function* records(workload: Workload) {
      for (let event = workload.take(); event !== undefined; event = workload.take()) {
        read += 1;
        yield { event };
      }
    }
    const results = client.forward(records(new Workload()));
    const run = async () => {
      while ((await results.next()).done !== true);
    };
    await Promise.race([run(), sleep(durationMs)]);
    return read;
  };

  return Promise.resolve({
    /** Offers events for a while; gives how many. */
    offer: (offer: Offer): Promise<number> => (sender === 'forward' ? offerAsRead(offer) : offerSteadily(offer)),
  });
}
