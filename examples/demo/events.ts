import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { CredentialsInput } from 'clevertap-attribution';

/** One line of the demo's file. */
export interface DemoRecord {
  readonly id: string;
  readonly projectId: string;
  readonly event: object;
}

/** Projects in all seven regions, two of them in the default one. */
export const projects: readonly (CredentialsInput & { readonly region: string })[] = [
  'eu',
  'eu',
  'us',
  'in',
  'sg',
  'sk',
  'id',
  'ae',
].map((region, index) => ({
  projectId: `DEMO-${index + 1}00-${region.toUpperCase()}`,
  projectToken: `demo-token-${index + 1}`,
  projectPasscode: `demo-passcode-${index + 1}`,
  region,
}));

/** A project whose customer has changed the passcode without telling: its events are refused with 401. */
export const staleProject: CredentialsInput = {
  projectId: 'DEMO-999-STALE',
  projectToken: 'demo-token-stale',
  projectPasscode: 'demo-passcode-before-rotation',
  region: 'sg',
};

/** mulberry32: the same events on every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const SOURCES = ['google', 'facebook', 'tiktok', 'newsletter & friends', 'влияние', 'referral+partner'];
const CUSTOM = ['Add_to_cart', 'Checkout', 'Level up', 'Subscribed'];
const FIRST_DAY = Date.UTC(2025, 0, 1) / 1000;

/** Mistakes that partners make; each event with one of them must be rejected before a byte is sent. */
const MISTAKES: readonly ((event: Record<string, unknown>) => Record<string, unknown>)[] = [
  (event) => ({ ...event, deviceIdentifier: '  ' }),
  (event) => ({ ...event, timestamp: 'yesterday' }),
  (event) => ({ ...event, utm_source: 'google' }),
  (event) => ({ ...event, params: { account_id: 'ANOTHER-ONE' } }),
  (event) => ({ ...event, type: 'instal' }),
  (event) => ({ ...event, platform: undefined }),
];

/** Makes records with all three kinds of event from a fixed seed; about one in 200 has a mistake. */
export function* generateRecords(count: number): Generator<DemoRecord & { readonly mistaken: boolean }> {
  const random = createRandom(20_260_101);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  for (let index = 0; index < count; index += 1) {
    const id = `event-${index}`;
    const platform = pick(['android', 'ios', 'React Native']);
    const common = {
      deviceIdentifier: `${platform === 'ios' ? '-v' : '__g'}${Math.floor(random() * 2 ** 48).toString(16)}`,
      platform,
      timestamp: FIRST_DAY + Math.floor(random() * 86_400 * 300),
    };
    const utm = {
      utmSource: pick(SOURCES),
      utmMedium: pick(['cpc', 'email', 'social']),
      utmCampaign: `campaign-${index % 40}`,
    };
    const params = {
      demo_id: id,
      city: pick(['Mumbai', 'München', '서울', 'Dubai']),
      price: Math.round(random() * 9_900) / 100,
    };
    const kind = random();
    const event: Record<string, unknown> =
      kind < 0.4
        ? { type: 'inorganic_install', ...common, ...utm, params }
        : kind < 0.6
          ? { type: 'organic_install', ...common, ...utm, params }
          : { type: 'custom', name: pick(CUSTOM), ...common, params };
    const project = random() < 0.004 ? staleProject : pick(projects);
    const mistaken = random() < 0.005;
    yield { id, projectId: project.projectId, event: mistaken ? pick(MISTAKES)(event) : event, mistaken };
  }
}

/** Writes records as lines of JSON and says how many of them have a mistake. */
export async function writeRecords(path: string, count: number): Promise<{ mistaken: number }> {
  const file = createWriteStream(path);
  let mistaken = 0;
  for (const record of generateRecords(count)) {
    if (record.mistaken) mistaken += 1;
    const { id, projectId, event } = record;
    if (!file.write(`${JSON.stringify({ id, projectId, event })}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return { mistaken };
}
