/**
 * A customer changes token or passcode: the credentials are replaced on the live client while events are under way, and
 * none is lost.
 */
import { setTimeout as wait } from 'node:timers/promises';
import {
  AttributionClient,
  type AttributionEvent,
  type BaseUrl,
  type CredentialsInput,
  type Delivery,
} from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

export interface RotationOptions {
  readonly current: CredentialsInput;
  readonly next: CredentialsInput;
  /** Called once the client uses the new credentials: from here on the customer can withdraw the old ones. */
  readonly onReplaced: () => void;
  readonly baseUrl?: BaseUrl;
}

const checkout: AttributionEvent = {
  type: 'custom',
  name: 'Checkout',
  deviceIdentifier: '__g1234abc',
  platform: 'android',
};

/** Sends events throughout a rotation. Without `baseUrl`, they go to CleverTap. */
export async function main({ current, next, onReplaced, baseUrl }: RotationOptions): Promise<Delivery[]> {
  await using client = new AttributionClient({ partnerName: 'airbridge', baseUrl });
  const project = client.project(current);

  const underWay: Promise<Delivery>[] = [];
  for (let number = 1; number <= 100; number += 1) {
    underWay.push(project.send({ ...checkout, params: { number } }));
    if (number === 50) {
      // Takes effect at once: for the events that come, for those that wait for their turn, and for those between two
      // attempts. Requests that are on the wire end with the old ones, so withdraw those a little later.
      project.replaceCredentials(next);
      await Promise.allSettled(underWay);
      onReplaced();
    }
    await wait(1);
  }
  return await Promise.all(underWay);
}

if (process.argv[1] === import.meta.filename) {
  const current = { projectId: 'W6W-797-865Z', projectToken: 'aca-060', projectPasscode: 'old-passcode' };
  const next = { ...current, projectPasscode: 'new-passcode' };
  // Both passcodes are valid for a while. (Not stated in CleverTap's partner document: ask the customer to make sure.)
  await using emulator = await startEmulator({ accounts: [current, next], partners: ['airbridge'] });
  const deliveries = await main({
    current,
    next,
    onReplaced: () => emulator.removeAccount(current.projectId, current.projectPasscode),
    baseUrl: emulator.baseUrl,
  });
  console.log(`${deliveries.length} delivered`, emulator.counts);
}
