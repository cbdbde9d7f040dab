import { AttributionClient } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';

/** `client.send()`, a promise per event. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const client = new AttributionClient({
    partnerName: PARTNER,
    credentials: ACCOUNT,
    baseUrl: origin,
    concurrency: { perProject: inFlight, total: inFlight },
  });
  return { run: (workload) => sendInLanes(workload, inFlight, (event) => client.send(event)) };
}
