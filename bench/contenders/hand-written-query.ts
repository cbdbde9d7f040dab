import type { AttributionEvent } from 'clevertap-attribution';
import { ACCOUNT, PARTNER } from '../load/account.js';
import { sampleEvent } from '../load/sample-events.js';

/** The path and query of an event, as one would write it by hand. */
export function handWrittenPath(event: AttributionEvent): string {
  const query = new URLSearchParams({
    partner_name: PARTNER,
    event_type: event.type === 'custom' ? event.name : event.type,
    timestamp: String(event.timestamp),
    device_identifier: event.deviceIdentifier,
    account_id: ACCOUNT.projectId,
    account_token: ACCOUNT.projectToken,
    account_passcode: ACCOUNT.projectPasscode,
    platform: event.platform,
  });
  const { utmSource, utmMedium, utmCampaign, params } = event;
  for (const [name, value] of Object.entries({
    utm_source: utmSource,
    utm_medium: utmMedium,
    utm_campaign: utmCampaign,
  })) {
    if (value !== undefined && value !== null) query.set(name, value);
  }
  for (const [name, value] of Object.entries(params ?? {})) query.set(name, String(value));
  return `/attribution?${query.toString()}`;
}

/** The path and query of one event, for contenders that are spared making them. */
export const constantPath = handWrittenPath(sampleEvent(0));
