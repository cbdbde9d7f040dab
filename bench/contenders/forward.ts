import { AttributionClient } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import type { Workload } from '../load/workload.js';
import type { Contender, ContenderOptions } from './contender.js';

function* recordsOf(workload: Workload) {
  for (let event = workload.take(); event !== undefined; event = workload.take()) yield { event };
}

/** `client.forward()`, a source per run. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const client = new AttributionClient({
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: inFlight, total: inFlight },
  });
  return {
    run: async (workload) => {
      for await (const result of client.forward(recordsOf(workload))) {
        if (result.status !== 'delivered') throw result.error;
        workload.delivered += 1;
      }
    },
  };
}
