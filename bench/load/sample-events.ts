import type { AttributionEvent } from 'clevertap-attribution';

const SOURCES = ['google', 'facebook', 'apple search ads', 'newsletter'];
const CITIES = ['Mumbai', 'São Paulo', 'Jakarta', 'New York'];

/** An event as a partner sends them: of the three kinds by turns, each of another device. */
export function sampleEvent(index: number): AttributionEvent {
  const rest = {
    deviceIdentifier: `__g${index.toString(16).padStart(32, '0')}`,
    platform: index % 2 === 0 ? ('android' as const) : ('ios' as const),
    timestamp: 1_760_000_000 + index,
  };
  const params = { city: CITIES[index % CITIES.length] };
  if (index % 3 === 2) {
    return { type: 'custom', name: 'Add_to_cart', ...rest, params: { ...params, item: 'running shoes', price: 74.5 } };
  }
  return {
    type: index % 3 === 1 ? 'organic_install' : 'inorganic_install',
    ...rest,
    utmSource: SOURCES[index % SOURCES.length] ?? '',
    utmMedium: 'cpc',
    utmCampaign: 'summer-sale',
    params: { ...params, ad_set: 'lookalike 3%' },
  };
}

/** Many sample events, made ahead so that making them is not measured. */
export function sampleEvents(count: number): AttributionEvent[] {
  return Array.from({ length: count }, (_, index) => sampleEvent(index));
}
