import type { AttributionEvent } from 'clevertap-attribution';
import type { Workload } from './workload.js';

/** Sends a workload with so many events in flight at a time. */
export async function sendInLanes(
  workload: Workload,
  inFlight: number,
  send: (event: AttributionEvent) => Promise<unknown>,
): Promise<void> {
  const lane = async () => {
    for (let event = workload.take(); event !== undefined; event = workload.take()) {
      await send(event);
      workload.delivered += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}
