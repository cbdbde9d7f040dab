import type { AttributionEvent, CustomEvent, InorganicInstall, OrganicInstall } from '../../src/contract/event.js';

const device = { deviceIdentifier: '__h1234567890', platform: 'android', timestamp: 1_700_000_000 } as const;
const utm = { utmSource: 'google', utmMedium: 'cpc', utmCampaign: 'summer-sale' } as const;

/** An inorganic install. */
export function inorganicInstall(overrides: Partial<InorganicInstall> = {}): InorganicInstall {
  return { type: 'inorganic_install', ...device, ...utm, ...overrides };
}

/** An organic install. */
export function organicInstall(overrides: Partial<OrganicInstall> = {}): OrganicInstall {
  return { type: 'organic_install', ...device, ...utm, ...overrides };
}

/** A custom event. Its name is the `eventType` that the emulator logs and that faults choose by. */
export function customEvent(name = 'Add_to_cart', overrides: Partial<CustomEvent> = {}): CustomEvent {
  return { type: 'custom', name, ...device, ...overrides };
}

/** One event of each kind. */
export const ONE_OF_EACH: readonly AttributionEvent[] = [organicInstall(), inorganicInstall(), customEvent()];
