import { AttributionClient } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { collectGarbage } from '../load/collect-garbage.js';
import { sampleEvent } from '../load/sample-events.js';

/** What the process is started with. */
export interface PendingSendsOptions {
  readonly origin: string;
}

/** Starts a client whose pending events are weighed. Needs `--expose-gc`. */
export function start({ origin }: PendingSendsOptions) {
  const client = new AttributionClient({
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: 256 },
    maxPending: 1_000_000,
  });
  let sent = 0;
  const pending: Promise<unknown>[] = [];
  const send = (count: number) => {
    const promises: Promise<unknown>[] = [];
    for (let index = 0; index < count; index += 1) promises.push(client.send(sampleEvent((sent += 1))));
    return promises;
  };
  return Promise.resolve({
    /** Sends so many events and waits for them: everything is loaded, compiled and connected afterwards. */
    warmUp: async (count: number): Promise<void> => {
      await Promise.all(send(count));
    },
    /** Bytes of heap per event of so many that are pending, the event itself and its promise included. */
    weigh: (count: number): number => {
      const before = heapBytes();
      pending.push(...send(count));
      return (heapBytes() - before) / count;
    },
  });
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
