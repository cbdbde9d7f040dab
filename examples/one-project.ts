/** One customer: an install and a custom event, and what to do when one is not delivered. */
import { AttributionClient, isAttributionError, type AttributionEvent, type BaseUrl } from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

/** What the customer finds under Settings > Project on the CleverTap dashboard. */
export const credentials = {
  projectId: 'W6W-797-865Z',
  projectToken: 'aca-060',
  projectPasscode: 'your-passcode',
  region: 'in',
};

const install: AttributionEvent = {
  type: 'inorganic_install',
  deviceIdentifier: '__g1234abc', // the CleverTap ID that the app's CleverTap SDK gave
  platform: 'android',
  utmSource: 'google',
  utmMedium: 'cpc',
  utmCampaign: 'summer-sale',
  // When it happened, not when it is sent. Left out, the moment of the call is taken, also for the retries.
  timestamp: '2026-01-31T10:00:00+05:30',
  params: { city: 'Mumbai' },
};

const purchase: AttributionEvent = {
  type: 'custom',
  name: 'Add_to_cart',
  deviceIdentifier: '__g1234abc',
  platform: 'android',
  timestamp: new Date('2026-01-31T10:05:00+05:30'),
  params: { items: 'shoes', price: 12.5 },
};

/** Sends both events. Without `baseUrl`, they go to CleverTap. */
export async function main({ baseUrl }: { readonly baseUrl?: BaseUrl }): Promise<void> {
  // Make one client when your service starts and keep it: it owns the connections.
  await using client = new AttributionClient({ partnerName: 'airbridge', credentials, baseUrl });

  for (const event of [install, purchase]) {
    try {
      const { status, attempts, confirmed } = await client.send(event);
      console.log(`${event.type}: delivered (${status}, ${attempts} attempt(s), confirmed: ${confirmed})`);
    } catch (error) {
      if (!isAttributionError(error)) throw error;
      // Retries are over by now. `code` says what kind of trouble it is; the message is fit for a log.
      console.error(`${event.type}: ${error.code}: ${error.message}`);
    }
  }
} // `await using` closes the client: it waits for what is pending, then ends the connections.

if (process.argv[1] === import.meta.filename) {
  await using emulator = await startEmulator({ accounts: [credentials], partners: ['airbridge'] });
  await main({ baseUrl: emulator.baseUrl });
  console.log(emulator.received);
}
