import { setImmediate as nextTurn } from 'node:timers/promises';
import { AttributionClient } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { collectGarbage } from '../load/collect-garbage.js';
import { sampleEvents } from '../load/sample-events.js';
import { TurnWatch, type LongestTurns } from '../load/turn-watch.js';

/** What the process is started with. */
export interface AcceptingSendsOptions {
  readonly origin: string;
}

/** Starts a client that is given many events as fast as it takes them. Needs `--expose-gc`. */
export function start({ origin }: AcceptingSendsOptions) {
  const client = new AttributionClient({
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: 256 },
    maxPending: 1_000_000,
  });
  return Promise.resolve({
    /** The longest turn of the event loop while so many sends are accepted, a turn for every 1,000 of them. */
    accept: async (count: number): Promise<LongestTurns> => {
      const events = sampleEvents(count);
      const sends: Promise<unknown>[] = [];
      collectGarbage();
      await nextTurn();
      const turns = new TurnWatch();
      for (const [index, event] of events.entries()) {
        sends.push(client.send(event));
        if (index % 1_000 === 999) await nextTurn();
      }
      const longest = await turns.stop();
      await Promise.all(sends);
      return longest;
    },
  });
}
