import type { AttributionClient } from '../../src/client.js';
import type { FaultHandle, ListeningEmulator } from '../../src/testing/index.js';
import { inorganicInstall } from './events.js';

/** Begins an outage: nothing but 503 comes, and the retry budget of the default project's region is used up. */
export async function beginOutage(
  client: AttributionClient,
  emulator: ListeningEmulator<string>,
): Promise<FaultHandle> {
  const outage = emulator.faults.add({ kind: 'status', status: 503 });
  while (client.regions()[0]?.retryBudget !== 0) {
    await Promise.allSettled(Array.from({ length: 50 }, () => client.send(inorganicInstall())));
  }
  return outage;
}
