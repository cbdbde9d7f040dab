import type { AttributionEvent } from 'clevertap-attribution';
import { RegionUS, TrackClient } from 'customerio-node';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';

/** customerio-node's `track()`, which sends one request per event as well. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const client = new TrackClient('bench-site', 'bench-key', { region: RegionUS, url: `${origin}/api/v1` });
  const send = async (event: AttributionEvent) => {
    const { deviceIdentifier, type, ...data } = event;
    expectSuccess(await client.track(deviceIdentifier, { name: type, data }));
  };
  return { run: (workload) => sendInLanes(workload, inFlight, send) };
}
