/**
 * From a postback URL that is filled in by hand to the client: where each part of the URL goes.
 *
 * | in the URL                     | in the library                                     |
 * | ------------------------------ | -------------------------------------------------- |
 * | the host                       | `region` of the credentials                        |
 * | `partner_name`                 | `partnerName` of the client                        |
 * | `account_id`                   | `projectId` of the credentials                     |
 * | `account_token`                | `projectToken` of the credentials                  |
 * | `account_passcode`             | `projectPasscode` of the credentials               |
 * | `event_type=organic_install`   | `type: 'organic_install'`                          |
 * | `event_type=inorganic_install` | `type: 'inorganic_install'`                        |
 * | any other `event_type`         | `type: 'custom'`, with the event type as its `name` |
 * | `timestamp`                    | `timestamp`                                        |
 * | `utm_source`                   | `utmSource`                                        |
 * | `utm_medium`                   | `utmMedium`                                        |
 * | `utm_campaign`                 | `utmCampaign`                                      |
 * | `device_identifier`            | `deviceIdentifier`                                 |
 * | `platform`                     | `platform`                                         |
 * | everything else                | `params`                                           |
 *
 * Values go in as they are: the client encodes them, so that a `&`, a `+` or a `#` in a campaign's name breaks nothing.
 */
import {
  AttributionClient,
  regions,
  type AttributionEvent,
  type BaseUrl,
  type CredentialsInput,
  type Delivery,
} from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';

/** A URL as a template makes it. */
export const postbackUrl =
  'https://in1.api.clevertap.com/attribution?partner_name=airbridge&event_type=inorganic_install' +
  '&timestamp=1660717763&utm_source=utm_google&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235' +
  '&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=your-passcode&platform=android' +
  '&city=Mumbai&android_id=';

/** What a postback URL says, in the library's terms. */
export interface Postback {
  readonly partnerName: string;
  readonly credentials: CredentialsInput;
  readonly event: AttributionEvent;
}

/** Takes a postback URL apart; use it to move templates over, or as the key to doing it by hand. */
export function readPostbackUrl(url: string): Postback {
  const { host, searchParams } = new URL(url);
  const rest = new Map(searchParams);
  const take = (name: string): string => {
    const value = rest.get(name) ?? '';
    rest.delete(name);
    return value;
  };
  const partnerName = take('partner_name');
  const credentials = {
    projectId: take('account_id'),
    projectToken: take('account_token'),
    projectPasscode: take('account_passcode'),
    region: regions.find((region) => region.host === host)?.code,
  };
  const eventType = take('event_type');
  const isInstall = eventType === 'organic_install' || eventType === 'inorganic_install';
  const event = {
    ...(isInstall ? { type: eventType } : { type: 'custom', name: eventType }),
    deviceIdentifier: take('device_identifier'),
    platform: take('platform'),
    // Without one, the library sends the moment of the call; `null` would leave it to CleverTap's time of processing.
    timestamp: take('timestamp') || undefined,
    utmSource: take('utm_source'),
    utmMedium: take('utm_medium'),
    utmCampaign: take('utm_campaign'),
    params: Object.fromEntries(rest),
  };
  // What a template holds is known at run time only. `send` checks it, and says what is missing.
  return { partnerName, credentials, event: event as AttributionEvent };
}

/** Sends what the URL would have sent. Without `baseUrl`, it goes to CleverTap. */
export async function main({ url, baseUrl }: { readonly url: string; readonly baseUrl?: BaseUrl }): Promise<Delivery> {
  const { partnerName, credentials, event } = readPostbackUrl(url);
  // One call here for the sake of brevity: in your service, one client for all, as in many-projects.ts.
  await using client = new AttributionClient({ partnerName, baseUrl });
  return await client.project(credentials).send(event);
}

if (process.argv[1] === import.meta.filename) {
  const { credentials, partnerName } = readPostbackUrl(postbackUrl);
  await using emulator = await startEmulator({ accounts: [credentials], partners: [partnerName] });
  console.log('delivered:', await main({ url: postbackUrl, baseUrl: emulator.baseUrl }));
  console.log('arrived:', emulator.received.at(-1));
}
