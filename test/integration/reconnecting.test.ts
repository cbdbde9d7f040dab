import { expect, it } from 'vitest';
import { AttributionClient } from '../../src/index.js';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';

it('leaves nothing behind on a connection that has to be established again and again', async () => {
  const credentials = canaryCredentials();
  await using emulator = await startEmulator({ accounts: [credentials] });
  emulator.faults.add({ kind: 'reset_after', probability: 0.5 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  await using client = new AttributionClient({
    partnerName: 'airbridge',
    credentials,
    baseUrl: emulator.baseUrl,
    connections: 1,
    retry: { initialDelayMs: 0, maxAttempts: 50 },
  });
  for (let sent = 0; sent < 40; sent += 1) {
    await client.send({ type: 'custom', name: 'Checkout', deviceIdentifier: '__g1', platform: 'android' });
  }
  // Warnings are emitted in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(client.counters().retries).toBeGreaterThan(11);
  expect(warnings).toEqual([]);
});
