import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import {
  parseCredentials,
  type Credentials,
  type CredentialsInput,
  type credentialsSchema,
} from '../../src/contract/credentials.js';
import type { inorganicInstallSchema, organicInstallSchema } from '../../src/contract/event-schema.js';
import { createEventSchema, customEventSchema, eventSchema } from '../../src/contract/event-schema.js';
import type {
  AttributionEvent,
  CustomEvent,
  EventType,
  InorganicInstall,
  OrganicInstall,
  ParsedCustomEvent,
  ParsedEvent,
  ParsedInorganicInstall,
  ParsedOrganicInstall,
  UtmPolicy,
} from '../../src/contract/event.js';
import type { ParamValue } from '../../src/contract/params.js';
import type { RegionCode } from '../../src/contract/regions.js';
import type { Secret } from '../../src/contract/secret.js';

// Checked by `tsc -p .`: a line below `@ts-expect-error` that compiles is an error there.

function event<Policy extends UtmPolicy = 'all'>(given: AttributionEvent<Policy>): AttributionEvent<Policy> {
  return given;
}

const device = { deviceIdentifier: '__android11235', platform: 'android' } as const;
const utm = { utmSource: 'google', utmMedium: 'cpc', utmCampaign: 'summer-sale' } as const;

describe('installs under "all"', () => {
  it('compile with the three UTM fields', () => {
    const install = event({ type: 'inorganic_install', ...device, ...utm });
    event({ type: 'organic_install', ...device, ...utm, timestamp: new Date(), params: { city: 'Mumbai' } });
    event({ type: 'organic_install', ...device, ...utm, timestamp: null });
    expect(install.type).toBe('inorganic_install');
  });

  it('do not compile without one of them, or with null in its place', () => {
    // @ts-expect-error utmMedium is missing
    event({ type: 'inorganic_install', ...device, utmSource: 'google', utmCampaign: 'summer-sale' });
    // @ts-expect-error utmSource is missing
    event({ type: 'organic_install', ...device, utmMedium: 'cpc', utmCampaign: 'summer-sale' });
    // @ts-expect-error utmCampaign is missing
    event({ type: 'organic_install', ...device, utmSource: 'google', utmMedium: 'cpc' });
    // @ts-expect-error null is no campaign
    event({ type: 'inorganic_install', ...device, ...utm, utmCampaign: null });
    // @ts-expect-error all three are missing
    const bare = event({ type: 'inorganic_install', ...device });
    expect(bare).not.toHaveProperty('utmSource');
  });

  it('do not compile with a name', () => {
    // @ts-expect-error only custom events have a name
    const organic = event({ type: 'organic_install', ...device, ...utm, name: 'Install' });
    // @ts-expect-error only custom events have a name
    event({ type: 'inorganic_install', ...device, ...utm, name: 'Install' });
    expect(organic).toHaveProperty('name');
  });
});

describe('installs under "any"', () => {
  it('compile with any one of the UTM fields', () => {
    const install = event<'any'>({ type: 'inorganic_install', ...device, utmSource: 'google' });
    event<'any'>({ type: 'organic_install', ...device, utmMedium: 'cpc' });
    event<'any'>({ type: 'organic_install', ...device, utmCampaign: 'summer-sale', utmSource: null });
    event<'any'>({ type: 'organic_install', ...device, ...utm });
    expect(install.utmSource).toBe('google');
  });

  it('do not compile without any, or with nothing but null', () => {
    // @ts-expect-error one of the three is required
    const bare = event<'any'>({ type: 'inorganic_install', ...device });
    // @ts-expect-error null is none
    event<'any'>({ type: 'inorganic_install', ...device, utmSource: null });
    // @ts-expect-error undefined is none
    event<'any'>({ type: 'organic_install', ...device, utmMedium: undefined });
    expect(bare).not.toHaveProperty('utmSource');
  });

  it('do not compile with a name', () => {
    // @ts-expect-error only custom events have a name
    const organic = event<'any'>({ type: 'organic_install', ...device, utmSource: 'google', name: 'Install' });
    expect(organic).toHaveProperty('name');
  });
});

describe('custom events', () => {
  it('compile without UTM fields under both policies', () => {
    const custom = event({ type: 'custom', name: 'Add_to_cart', ...device });
    event<'any'>({ type: 'custom', name: 'Add_to_cart', ...device });
    event({ type: 'custom', name: 'Add_to_cart', ...device, utmSource: null, utmMedium: undefined });
    expect(custom.type).toBe('custom');
    expectTypeOf<CustomEvent>().toExtend<AttributionEvent>();
    expectTypeOf<CustomEvent>().toExtend<AttributionEvent<'any'>>();
  });

  it('do not compile without a name', () => {
    // @ts-expect-error name is missing
    const nameless = event({ type: 'custom', ...device });
    // @ts-expect-error name is missing
    event<'any'>({ type: 'custom', ...device });
    expect(nameless).not.toHaveProperty('name');
  });
});

describe('every event', () => {
  it('does not compile without device identifier, platform or type', () => {
    // @ts-expect-error deviceIdentifier is missing
    event({ type: 'custom', name: 'Add_to_cart', platform: 'ios' });
    // @ts-expect-error platform is missing
    event({ type: 'custom', name: 'Add_to_cart', deviceIdentifier: '-v1' });
    // @ts-expect-error type is missing
    const untyped = event({ name: 'Add_to_cart', ...device });
    // @ts-expect-error there is no such type
    event({ type: 'install', ...device, ...utm });
    expect(untyped).not.toHaveProperty('type');
  });

  it('does not compile with an unknown key', () => {
    // @ts-expect-error the key is utmSource
    const misspelt = event({ type: 'custom', name: 'Add_to_cart', ...device, utm_source: 'google' });
    // @ts-expect-error extra parameters belong in params
    event({ type: 'inorganic_install', ...device, ...utm, city: 'Mumbai' });
    // @ts-expect-error extra parameters belong in params
    event<'any'>({ type: 'inorganic_install', ...device, utmSource: 'google', city: 'Mumbai' });
    expect(misspelt).toHaveProperty('utm_source');
  });

  it('takes parameters of each simple type, and no objects', () => {
    const params = { a: 'text', b: 1, c: true, d: 10n, e: null, f: undefined };
    const custom = event({ type: 'custom', name: 'Add_to_cart', ...device, params });
    // @ts-expect-error an object is no value
    event({ type: 'custom', name: 'Add_to_cart', ...device, params: { item: { colour: 'red' } } });
    // @ts-expect-error a list is no value
    event({ type: 'custom', name: 'Add_to_cart', ...device, params: { items: ['shoes'] } });
    // @ts-expect-error a Date is no value
    event({ type: 'custom', name: 'Add_to_cart', ...device, params: { at: new Date() } });
    expect(custom.params).toBe(params);
    expectTypeOf<ParamValue>().toEqualTypeOf<string | number | boolean | bigint | null | undefined>();
  });

  it('takes a timestamp in each notation, and nothing else', () => {
    const custom = { type: 'custom', name: 'Add_to_cart', ...device } as const;
    for (const timestamp of [new Date(), 1660717763, '2022-08-17T06:29:23Z', null, undefined]) {
      expect(event({ ...custom, timestamp }).timestamp).toBe(timestamp);
    }
    // @ts-expect-error a boolean is no moment
    event({ ...custom, timestamp: true });
    // @ts-expect-error a bigint is no moment
    event({ ...custom, timestamp: 1660717763n });
  });

  it('proposes platforms and takes any other', () => {
    const custom = { type: 'custom', name: 'Add_to_cart', deviceIdentifier: 'x' } as const;
    expect(event({ ...custom, platform: 'React Native' }).platform).toBe('React Native');
    // @ts-expect-error a number is no platform
    event({ ...custom, platform: 7 });
  });

  it('is told apart by its type', () => {
    expectTypeOf<EventType>().toEqualTypeOf<'organic_install' | 'inorganic_install' | 'custom'>();
    const nameOf = (given: AttributionEvent): string => {
      if (given.type !== 'custom') {
        expectTypeOf(given).toEqualTypeOf<OrganicInstall | InorganicInstall>();
        expectTypeOf(given.utmSource).toEqualTypeOf<string>();
        // @ts-expect-error only custom events have a name
        return String(given.name);
      }
      expectTypeOf(given).toEqualTypeOf<CustomEvent>();
      return given.name;
    };
    expect(nameOf({ type: 'custom', name: 'Add_to_cart', ...device })).toBe('Add_to_cart');
  });

  it('of the policy "all" is one of the policy "any", and not the other way round', () => {
    expectTypeOf<InorganicInstall>().toExtend<InorganicInstall<'any'>>();
    expectTypeOf<OrganicInstall>().toExtend<OrganicInstall<'any'>>();
    expectTypeOf<InorganicInstall<'any'>>().not.toExtend<InorganicInstall>();
    expectTypeOf<OrganicInstall<'any'>>().not.toExtend<OrganicInstall>();
    const wide: AttributionEvent<'any'> = event({ type: 'organic_install', ...device, ...utm });
    expect(wide.utmSource).toBe('google');
  });
});

describe('schemas of events', () => {
  it('have the input type of their policy', () => {
    const any = createEventSchema({ utmPolicy: 'any' });
    const all = createEventSchema({ utmPolicy: 'all' });
    const byDefault = createEventSchema();
    expectTypeOf<z.input<typeof any>>().toEqualTypeOf<AttributionEvent<'any'>>();
    expectTypeOf<z.input<typeof all>>().toEqualTypeOf<AttributionEvent>();
    expectTypeOf<z.input<typeof byDefault>>().toEqualTypeOf<AttributionEvent>();
    expectTypeOf<z.input<typeof eventSchema>>().toEqualTypeOf<AttributionEvent>();
    expectTypeOf<z.input<typeof customEventSchema>>().toEqualTypeOf<CustomEvent>();
    expectTypeOf<z.input<typeof inorganicInstallSchema>>().toEqualTypeOf<InorganicInstall>();
    const install: AttributionEvent<'any'> = { type: 'inorganic_install', ...device, utmSource: 'google' };
    expect([any, all, byDefault].map((schema) => schema.safeParse(install).success)).toEqual([true, false, false]);
    // @ts-expect-error there are two policies
    expect(createEventSchema({ utmPolicy: 'none' })).toBeDefined();
  });

  it('give a ParsedEvent, whose parameters are texts and whose timestamp is seconds', () => {
    expectTypeOf<z.output<typeof eventSchema>>().toEqualTypeOf<ParsedEvent>();
    expectTypeOf<z.output<typeof customEventSchema>>().toEqualTypeOf<ParsedCustomEvent>();
    expectTypeOf<z.output<typeof inorganicInstallSchema>>().toEqualTypeOf<ParsedInorganicInstall>();
    expectTypeOf<z.output<typeof organicInstallSchema>>().toEqualTypeOf<ParsedOrganicInstall>();
    expectTypeOf<ParsedEvent['timestamp']>().toEqualTypeOf<number | null>();
    expectTypeOf<ParsedEvent['params']>().toEqualTypeOf<Readonly<Record<string, string>>>();
    const parsed = createEventSchema().parse({ type: 'custom', name: 'Add_to_cart', ...device });
    if (parsed.type === 'custom') expectTypeOf(parsed.name).toEqualTypeOf<string>();
    // @ts-expect-error a parsed event is not to be changed
    parsed.platform = 'ios';
    expect(parsed.type).toBe('custom');
  });

  it('give an event that is valid input again under their own policy', () => {
    expectTypeOf<ParsedEvent>().toExtend<AttributionEvent>();
    expectTypeOf<ParsedEvent<'any'>>().toExtend<AttributionEvent<'any'>>();
    expectTypeOf<ParsedCustomEvent>().toExtend<CustomEvent>();
    expectTypeOf<ParsedInorganicInstall<'any'>>().toExtend<InorganicInstall<'any'>>();
    expectTypeOf<ParsedOrganicInstall<'any'>>().toExtend<OrganicInstall<'any'>>();
    const once = eventSchema.parse({ type: 'custom', name: 'Add_to_cart', ...device });
    expect(event(once)).toBe(once);
    expect(event(customEventSchema.parse(once))).toEqual(once);
    const install = { type: 'inorganic_install', ...device, utmSource: 'google' } as const;
    expect(event<'any'>(createEventSchema({ utmPolicy: 'any' }).parse(install))).toMatchObject(install);
  });

  it('give one of the policy "all" that is one of the policy "any" as well, and not the other way round', () => {
    expectTypeOf<ParsedEvent>().toExtend<ParsedEvent<'any'>>();
    expectTypeOf<ParsedEvent>().toExtend<AttributionEvent<'any'>>();
    expectTypeOf<ParsedEvent<'any'>>().not.toExtend<ParsedEvent>();
    expectTypeOf<ParsedEvent<'any'>>().not.toExtend<AttributionEvent>();
    const parsed = createEventSchema({ utmPolicy: 'any' }).parse({
      type: 'organic_install',
      ...device,
      utmMedium: 'x',
    });
    // @ts-expect-error utmSource and utmCampaign may be missing
    expect(eventSchema.safeParse(event(parsed)).success).toBe(false);
  });
});

describe('credentials', () => {
  it('are texts or secrets on the way in, and secrets on the way out', () => {
    expectTypeOf(parseCredentials).parameters.toEqualTypeOf<[CredentialsInput]>();
    expectTypeOf(parseCredentials).returns.toEqualTypeOf<Credentials>();
    expectTypeOf<z.input<typeof credentialsSchema>>().toEqualTypeOf<CredentialsInput>();
    expectTypeOf<z.output<typeof credentialsSchema>>().toEqualTypeOf<Credentials>();
    expectTypeOf<Credentials['projectToken']>().toEqualTypeOf<Secret>();
    expectTypeOf<Credentials['projectPasscode']>().toEqualTypeOf<Secret>();
    expectTypeOf<Credentials['region']>().toEqualTypeOf<RegionCode>();
    expectTypeOf<Credentials>().toExtend<CredentialsInput>();
    expect(parseCredentials({ projectId: 'a', projectToken: 'b', projectPasscode: 'c', region: 'EU1' }).region).toBe(
      'eu',
    );
  });

  it('do not compile without a passcode, with an unknown key, or as a bare text where a secret is due', () => {
    // @ts-expect-error projectPasscode is missing
    expect(() => parseCredentials({ projectId: 'a', projectToken: 'b' })).toThrow();
    const input = { projectId: 'a', projectToken: 'b', projectPasscode: 'c' };
    // @ts-expect-error unknown key
    expect(() => parseCredentials({ ...input, passcode: 'c' })).toThrow();
    // @ts-expect-error a secret is no text
    const text: string = parseCredentials(input).projectToken;
    expect(text).not.toBe('b');
  });
});
