import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  compileEventSchema,
  createEventSchema,
  customEventSchema,
  eventSchema,
  inorganicInstallSchema,
  organicInstallSchema,
} from '../../src/contract/event-schema.js';
import { RESERVED_PARAMETERS } from '../../src/contract/parameters.js';
import { validate } from '../../src/contract/validate.js';
import { ValidationError } from '../../src/errors.js';
import { NOW, validEvent } from './arbitraries.js';
import { problemsOf } from './problems-of.js';

const NOW_SECONDS = Math.floor(NOW / 1000);
const SAMPLE = 1_660_717_763;

const now = () => NOW;
const all = createEventSchema({ utmPolicy: 'all', now });
const any = createEventSchema({ utmPolicy: 'any', now });

function parse(event: unknown, schema: typeof all | typeof any = all) {
  return validate(schema, event, 'event');
}

function refusals(event: unknown, schema: typeof all | typeof any = all): string[] {
  return problemsOf(() => parse(event, schema));
}

const device = { deviceIdentifier: '__android11235', platform: 'android' };
const utm = { utmSource: 'utm_google', utmMedium: 'gd', utmCampaign: 'adir' };
const custom = { type: 'custom', name: 'Add_to_cart', ...device };
const install = { type: 'inorganic_install', ...device, ...utm };

const INSTALL_TYPES = ['organic_install', 'inorganic_install'] as const;
const TEXT_FIELDS = ['deviceIdentifier', 'platform', 'utmSource', 'utmMedium', 'utmCampaign'] as const;

describe.each(INSTALL_TYPES)('%s', (type) => {
  it('takes all fields', () => {
    const params = { city: 'Mumbai', price: 12.5 };
    expect(parse({ type, ...device, ...utm, timestamp: SAMPLE, params })).toEqual({
      type,
      ...device,
      ...utm,
      timestamp: SAMPLE,
      params: { city: 'Mumbai', price: '12.5' },
    });
  });

  it('takes the fields that it must have, under "all" with the three UTM fields', () => {
    const minimal = { type, ...device, ...utm };
    expect(parse(minimal)).toEqual({ ...minimal, timestamp: NOW_SECONDS, params: {} });
  });

  it.each(['utmSource', 'utmMedium', 'utmCampaign'])('requires %s under "all"', (field) => {
    for (const value of [undefined, null, '', '  ', 7]) {
      expect(refusals({ type, ...device, ...utm, [field]: value })).toEqual([expect.stringMatching(`^${field}: `)]);
    }
    expect(parse({ type, ...device, ...utm })).toHaveProperty(field);
  });

  it.each(['utmSource', 'utmMedium', 'utmCampaign'] as const)('is content with %s alone under "any"', (field) => {
    const event = parse({ type, ...device, [field]: ' google ' }, any);
    const { utmSource, utmMedium, utmCampaign } = event;
    expect({ utmSource, utmMedium, utmCampaign }).toEqual({ [field]: 'google' });
  });

  it.each([{}, { utmSource: '' }, { utmMedium: null, utmCampaign: ' \u00a0' }, { utmSource: undefined }])(
    'requires one of the three under "any", and does not take %j for it',
    (none) => {
      expect(refusals({ type, ...device, ...none }, any)).toEqual([
        'utmSource: at least one of utmSource, utmMedium and utmCampaign is required',
      ]);
    },
  );

  it('says under "any" that no UTM field is there together with all else that is wrong', () => {
    expect(refusals({ type }, any)).toEqual([
      expect.stringMatching(/^deviceIdentifier: is required/),
      expect.stringMatching(/^platform: is required/),
      'utmSource: at least one of utmSource, utmMedium and utmCampaign is required',
    ]);
    expect(refusals({ type, utmMedium: 'cpc' }, any)).toHaveLength(2);
  });

  it('says under "any" what is wrong with a UTM field, and not that there is none', () => {
    expect(refusals({ type, ...device, utmMedium: 7 }, any)).toEqual([
      'utmMedium: must be a text, but a number was given; put it in quotes',
    ]);
  });

  it('has no name', () => {
    expect(refusals({ type, ...device, ...utm, name: 'Install' })).toEqual([': only custom events have a name']);
    expect(refusals({ type, ...device, ...utm, name: 'Install' }, any)).toEqual([': only custom events have a name']);
  });
});

describe.each([
  ['all', all],
  ['any', any],
])('custom events under "%s"', (_, schema) => {
  it('takes all fields', () => {
    expect(parse({ ...custom, ...utm, timestamp: SAMPLE, params: { items: 'shoes' } }, schema)).toEqual({
      ...custom,
      ...utm,
      timestamp: SAMPLE,
      params: { items: 'shoes' },
    });
  });

  it('needs no UTM field', () => {
    expect(parse(custom, schema)).toEqual({ ...custom, timestamp: NOW_SECONDS, params: {} });
  });

  it('leaves out UTM fields that are null or empty', () => {
    const event = parse({ ...custom, utmSource: null, utmMedium: '', utmCampaign: '\u200b' }, schema);
    expect([event.utmSource, event.utmMedium, event.utmCampaign]).toEqual([undefined, undefined, undefined]);
  });

  it('refuses UTM fields that are no texts', () => {
    expect(refusals({ ...custom, utmSource: 1, utmMedium: {}, utmCampaign: false }, schema)).toEqual([
      'utmSource: must be a text, but a number was given; put it in quotes',
      'utmMedium: must be a text, but an object was given',
      'utmCampaign: must be a text, but a boolean was given; put it in quotes',
    ]);
  });
});

describe('the name of a custom event', () => {
  it.each([
    'a',
    'Add_to_cart',
    'custom',
    'In den Warenkorb',
    '購入',
    '😀',
    'a&b=c',
    'x'.repeat(512),
    'Organic install',
  ])('may be %j', (name) => {
    expect(parse({ ...custom, name })).toMatchObject({ name });
  });

  it('is trimmed, and its length counts after that', () => {
    expect(parse({ ...custom, name: `\u00a0${'x'.repeat(512)}\n` })).toMatchObject({ name: 'x'.repeat(512) });
  });

  it.each([undefined, null, '', ' \u200b', 7, {}])('may not be %j', (name) => {
    expect(refusals({ ...custom, name })).toEqual([
      expect.stringMatching(/^name: (is required|is empty|must be a text)/),
    ]);
  });

  it('counts characters, not code units', () => {
    expect(parse({ ...custom, name: '🎉'.repeat(512) })).toMatchObject({ name: '🎉'.repeat(512) });
    expect(refusals({ ...custom, name: '🎉'.repeat(513) })).toEqual([
      'name: has 513 characters; shorten it to 512 at most',
    ]);
  });

  it('may not have more than 512 characters', () => {
    expect(refusals({ ...custom, name: 'x'.repeat(513) })).toEqual([
      'name: has 513 characters; shorten it to 512 at most',
    ]);
  });

  it.each(['a\u0000b', 'a\nb', 'a\tb', 'a\u007fb', 'a\u0085b', 'a\u2028b'])('may not be %j', (name) => {
    expect(refusals({ ...custom, name })).toEqual(['name: may hold no control characters']);
  });

  it.each(INSTALL_TYPES)('may not be %s, also with spaces around it', (name) => {
    for (const written of [name, ` ${name} `]) {
      expect(refusals({ ...custom, name: written })).toEqual([
        `name: is that of an install; send it with type "${name}"`,
      ]);
    }
  });
});

describe('the type of an event', () => {
  it.each([undefined, null, '', 'install', 'Custom', 'ORGANIC_INSTALL', 'Add_to_cart', 7, ['custom']])(
    'may not be %j',
    (type) => {
      const refused = [expect.stringMatching(/^type: /)];
      expect(refusals({ ...custom, type })).toEqual(refused);
      expect(refusals({ ...custom, type }, any)).toEqual(refused);
    },
  );

  it.each([undefined, null, 'custom', 7, true, [custom]])('does not come from %j', (event) => {
    const refused = [expect.stringMatching(/^: must be an object, but /)];
    expect(refusals(event)).toEqual(refused);
    expect(refusals(event, any)).toEqual(refused);
  });
});

describe('device identifier and platform', () => {
  it.each(['deviceIdentifier', 'platform'])('%s is required', (field) => {
    for (const value of [undefined, null, '', '\u00a0', 7, {}]) {
      expect(refusals({ ...custom, [field]: value })).toEqual([expect.stringMatching(`^${field}: `)]);
    }
  });

  it.each(['=|<>;+.()!:$@_-', '__gAbCdEf', '-vAB', 'é😀', 'a b'])('keeps the identifier %s as it is', (identifier) => {
    expect(parse({ ...custom, deviceIdentifier: ` ${identifier}\n` }).deviceIdentifier).toBe(identifier);
  });

  it.each([
    ['android', 'android'],
    ['Android', 'android'],
    [' ANDROID\u200b', 'android'],
    ['iOS', 'ios'],
    ['IOS', 'ios'],
    ['React Native', 'React Native'],
    [' tvOS ', 'tvOS'],
    ['Android TV', 'Android TV'],
  ])('sends the platform %j as %s', (written, sent) => {
    expect(parse({ ...custom, platform: written }).platform).toBe(sent);
  });
});

describe('the timestamp', () => {
  it('is stamped with the moment of parsing where there is none', () => {
    let clock = NOW;
    const schema = createEventSchema({ now: () => clock });
    expect(parse(custom, schema).timestamp).toBe(NOW_SECONDS);
    clock += 5000;
    expect(parse({ ...custom, timestamp: undefined }, schema).timestamp).toBe(NOW_SECONDS + 5);
  });

  it('stays null where it is null, so that it is not sent', () => {
    expect(parse({ ...custom, timestamp: null }).timestamp).toBeNull();
  });

  it.each([
    SAMPLE,
    SAMPLE + 0.5,
    SAMPLE * 1000 + 999,
    String(SAMPLE),
    new Date(SAMPLE * 1000 + 1),
    runInNewContext(`new Date(${SAMPLE}000)`) as unknown,
    '2022-08-17T11:59:23+05:30',
  ])('comes out in whole seconds from %j', (timestamp) => {
    expect(parse({ ...custom, timestamp }).timestamp).toBe(SAMPLE);
  });

  it('is held against the injected clock', () => {
    expect(parse({ ...custom, timestamp: NOW_SECONDS + 86_400 }).timestamp).toBe(NOW_SECONDS + 86_400);
    expect(refusals({ ...custom, timestamp: NOW_SECONDS + 86_401 })).toEqual([
      expect.stringMatching(/^timestamp: lies more than 24 hours ahead/),
    ]);
  });

  it.each([-1, Number.NaN, '2022-08-17', '', true, {}, new Date(Number.NaN)])('may not be %j', (timestamp) => {
    expect(refusals({ ...custom, timestamp })).toEqual([expect.stringMatching(/^timestamp: /)]);
  });
});

describe('lone surrogates', () => {
  it.each(['\ud800', 'a\udc00', '\udc00\ud800'])('are refused in every text field: %j', (value) => {
    for (const field of TEXT_FIELDS) {
      const refused = [`${field}: holds a lone surrogate, which has no UTF-8 form`];
      expect(refusals({ ...install, [field]: value })).toEqual(refused);
      expect(refusals({ ...custom, [field]: value })).toEqual(refused);
      expect(refusals({ ...install, [field]: value }, any)).toEqual(refused);
    }
    expect(refusals({ ...custom, name: value })).toEqual([expect.stringMatching(/^name: holds a lone surrogate/)]);
    expect(refusals({ ...custom, params: { city: value } })).toEqual([
      expect.stringMatching(/^params\.city: holds a lone surrogate/),
    ]);
    expect(refusals({ ...custom, params: { [value]: 'x' } })).toEqual([expect.stringMatching(/^params\..*surrogate/)]);
  });
});

describe('params', () => {
  it.each(RESERVED_PARAMETERS)('may not hold %s', (name) => {
    expect(refusals({ ...install, params: { [name.toUpperCase()]: 'x' } })).toEqual([
      `params.${name.toUpperCase()}: is a parameter of the protocol itself; set it through its own field`,
    ]);
  });

  it('name the place of each mistake', () => {
    expect(refusals({ ...custom, params: { price: Number.NaN, items: ['shoes'] } })).toEqual([
      expect.stringMatching(/^params\.price: must be a finite number/),
      expect.stringMatching(/^params\.items: must be a text/),
    ]);
    expect(refusals({ ...custom, params: 'price=1' })).toEqual([
      expect.stringMatching(/^params: must be a plain object/),
    ]);
  });

  it('carry __proto__ from JSON as a name', () => {
    const event = parse(JSON.parse(JSON.stringify(custom).replace('}', ',"params":{"__proto__":"p","b":"c"}}')));
    expect(Object.entries(event.params)).toEqual([
      ['__proto__', 'p'],
      ['b', 'c'],
    ]);
  });
});

describe('unknown keys', () => {
  it.each([
    ['utm_source', 'utmSource'],
    ['utm_medium', 'utmMedium'],
    ['utm_campaign', 'utmCampaign'],
    ['device_identifier', 'deviceIdentifier'],
    ['utm-source', 'utmSource'],
    ['UTMSource', 'utmSource'],
    ['time_stamp', 'timestamp'],
  ])('are refused: %s belongs under %s', (key, right) => {
    for (const event of [custom, install]) {
      expect(refusals({ ...event, [key]: 'x' })).toEqual([`: unknown key "${key}"; write "${right}"`]);
      expect(refusals({ ...event, [key]: 'x' }, any)).toEqual([`: unknown key "${key}"; write "${right}"`]);
    }
  });

  it.each(['city', 'eventName', 'constructor'])('are refused: %s belongs into params', (key) => {
    expect(refusals({ ...custom, [key]: 'x' })).toEqual([`: unknown key "${key}"; extra parameters belong in params`]);
  });

  it.each([
    ['naem', 'name'],
    ['plattform', 'platform'],
    ['utmSorce', 'utmSource'],
    ['parms', 'params'],
  ])('are refused: %s may have been meant for %s', (key, meant) => {
    expect(refusals({ ...custom, [key]: 'x' })).toEqual([
      `: unknown key "${key}" (did you mean "${meant}"?); extra parameters belong in params`,
    ]);
  });

  it.each(['account_id', 'event_type', 'partner_name'])('are refused: %s is not for params either', (key) => {
    expect(refusals({ ...custom, [key]: 'x' })).toEqual([
      `: unknown key "${key}"; the client sets this parameter itself`,
    ]);
  });

  it('are refused all at once, and beside other mistakes', () => {
    expect(refusals({ ...custom, platform: '', city: 1, utm_medium: 2 })).toEqual([
      expect.stringMatching(/^platform: /),
      ': unknown key "city"; extra parameters belong in params; unknown key "utm_medium"; write "utmMedium"',
    ]);
  });

  it('are named on one line and not at any length', () => {
    expect(refusals({ ...custom, 'a\nb': 1 })).toEqual([expect.stringContaining('unknown key "a b"')]);
    expect(refusals({ ...custom, ['x'.repeat(10_000)]: 1 })[0]?.length).toBeLessThan(200);
  });

  it('are named up to a number, and the others counted', () => {
    const keys = Array.from({ length: 10_000 }, (_, number) => [`key${number}`, 1]);
    const [refused = ''] = refusals({ ...custom, ...Object.fromEntries(keys) });
    expect(refused.match(/unknown key "/g)).toHaveLength(10);
    expect(refused).toMatch(/; and 9990 more unknown keys$/);
  });

  it('are refused where JSON has a __proto__', () => {
    const event: unknown = JSON.parse(JSON.stringify(custom).replace('}', ',"__proto__":{"city":"Mumbai"}}'));
    expect(refusals(event)).toEqual([': unknown key "__proto__"; extra parameters belong in params']);
    expect(parse(custom)).not.toHaveProperty('city');
  });
});

describe('a mistake is told as what it is, with what to do about it', () => {
  const MISSING = undefined;

  it.each<[kind: string, event: unknown, told: string]>([
    ['missing', { ...custom, name: MISSING }, 'name: is required: the name of the event, such as Add_to_cart'],
    [
      'missing',
      { ...custom, deviceIdentifier: null },
      "deviceIdentifier: is required: the CleverTap ID that the app's CleverTap SDK gave",
    ],
    [
      'missing',
      { ...custom, platform: MISSING },
      'platform: is required: the platform of the app, such as android or ios',
    ],
    [
      'missing',
      { ...install, utmMedium: MISSING },
      'utmMedium: is required: the campaign medium, such as cpc (UTM policy "all")',
    ],
    ['missing', { ...custom, type: MISSING }, 'type: is required: organic_install, inorganic_install or custom'],
    [
      'missing',
      { ...install, utmCampaign: MISSING },
      'utmCampaign: is required: the campaign name, such as summer-sale (UTM policy "all")',
    ],
    [
      'empty',
      { ...custom, name: ' \u200b' },
      'name: is empty, but required: the name of the event, such as Add_to_cart',
    ],
    [
      'empty',
      { ...install, utmSource: '' },
      'utmSource: is empty, but required: the campaign source, such as google (UTM policy "all")',
    ],
    ['empty', { ...custom, type: '' }, 'type: is empty, but required: organic_install, inorganic_install or custom'],
    [
      'empty',
      { ...custom, timestamp: '' },
      'timestamp: is empty; leave it out for the current moment, or give a Date, epoch seconds, epoch milliseconds or an ISO 8601 text with an offset',
    ],
    ['wrong type', { ...install, utmSource: 5 }, 'utmSource: must be a text, but a number was given; put it in quotes'],
    ['wrong type', { ...custom, utmSource: 5 }, 'utmSource: must be a text, but a number was given; put it in quotes'],
    [
      'wrong type',
      { ...custom, platform: true },
      'platform: must be a text, but a boolean was given; put it in quotes',
    ],
    ['wrong type', { ...custom, name: ['a'] }, 'name: must be a text, but a list was given'],
    ['wrong type', { ...custom, deviceIdentifier: {} }, 'deviceIdentifier: must be a text, but an object was given'],
    ['wrong type', { ...custom, type: 7 }, 'type: must be a text, but a number was given; put it in quotes'],
    ['wrong type', [custom], ': must be an object, but a list was given'],
    ['wrong type', null, ': must be an object, but null was given'],
    ['too long', { ...custom, name: 'x'.repeat(600) }, 'name: has 600 characters; shorten it to 512 at most'],
    [
      'not one of those there are',
      { ...custom, type: 'Add_to_cart' },
      'type: must be organic_install, inorganic_install or custom, written so; an event of your own is custom, with its name under "name"',
    ],
    [
      'without a type that there is, unknown keys',
      { ...custom, type: MISSING, Type: 'custom', city: 'x' },
      'type: is required: organic_install, inorganic_install or custom; unknown key "Type"; write "type"; unknown key "city"; extra parameters belong in params',
    ],
    ['unknown key', { ...custom, utm_source: 'x' }, ': unknown key "utm_source"; write "utmSource"'],
    ['unknown key', { ...custom, city: 'x' }, ': unknown key "city"; extra parameters belong in params'],
    [
      'bad timestamp',
      { ...custom, timestamp: '2022-08-17 06:29:23' },
      'timestamp: has no offset; put Z behind it for UTC, or one such as +05:30',
    ],
    [
      'bad params',
      { ...custom, params: { items: ['shoes'] } },
      'params.items: must be a text, number, boolean or bigint, but a list was given; make a text of it, or parameters of its parts',
    ],
    [
      'bad params',
      { ...custom, params: 'items=shoes' },
      'params: must be a plain object of names and values, but a text was given',
    ],
  ])('%s: %j', (_, event, told) => {
    expect(refusals(event)).toEqual([told]);
  });
});

it('every problem of a field is a custom one, for whoever tells them apart', () => {
  const wrong = { type: 'custom', name: '', deviceIdentifier: 7, platform: '', timestamp: 'x', utmSource: 7 };
  const issues = [{ account_id: 1 }, 7].flatMap((params) => all.safeParse({ ...wrong, params }).error?.issues ?? []);
  expect(issues).toHaveLength(12);
  expect(new Set(issues.map(({ code }) => code))).toEqual(new Set(['custom']));
});

describe('hostile input', () => {
  it.each(['type', 'name', 'deviceIdentifier', 'platform', 'timestamp', 'utmSource', 'params'])(
    'gives a ValidationError where reading %s throws',
    (key) => {
      const event = Object.defineProperty({ ...custom }, key, {
        enumerable: true,
        get() {
          throw new Error('not for you');
        },
      });
      expect(() => parse(event)).toThrow(ValidationError);
      expect(() => parse(event, any)).toThrow(ValidationError);
    },
  );

  it('gives a ValidationError where reading a parameter throws', () => {
    const params = Object.defineProperty({}, 'city', {
      enumerable: true,
      get() {
        throw new Error('not for you');
      },
    });
    expect(() => parse({ ...custom, params })).toThrow(ValidationError);
  });

  it('gives an event or a ValidationError for anything', () => {
    const fields = fc.constantFrom('type', 'name', 'deviceIdentifier', 'platform', 'timestamp', 'params', 'utmSource');
    const anything = fc.anything({ withDate: true, withBigInt: true, withNullPrototype: true, withMap: true });
    fc.assert(
      fc.property(fc.constantFrom(custom, install), fields, anything, (event, field, value) => {
        try {
          parse({ ...event, [field]: value }, any);
        } catch (error) {
          expect(error).toBeInstanceOf(ValidationError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('parsing what has been parsed', () => {
  it('gives the same again, however much later', () => {
    const later = createEventSchema({ utmPolicy: 'all', now: () => NOW + 30 * 86_400_000 });
    fc.assert(
      fc.property(validEvent, (event) => {
        const once = parse(event);
        expect(parse(once)).toStrictEqual(once);
        expect(parse(once, any)).toStrictEqual(once);
        expect(parse(once, later)).toStrictEqual(once);
        expect(Object.keys(parse(once).params)).toEqual(Object.keys(once.params));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same again after a way through JSON', () => {
    fc.assert(
      fc.property(validEvent, (event) => {
        const once = parse(event);
        expect(parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the input as it was', () => {
    const event = Object.freeze({ ...custom, name: ' a ', params: Object.freeze({ b: 1, c: null }) });
    expect(parse(event)).toMatchObject({ name: 'a' });
    expect(event).toEqual({ ...custom, name: ' a ', params: { b: 1, c: null } });
  });
});

describe('the schemas that are ready made', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('follow the policy "all" and the clock of the process', () => {
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    for (const schema of [eventSchema, createEventSchema(), createEventSchema({})]) {
      expect(parse(install, schema).timestamp).toBe(NOW_SECONDS);
      expect(refusals({ ...install, utmMedium: undefined }, schema)).toEqual([expect.stringMatching(/^utmMedium: /)]);
    }
  });

  it.each([
    ['customEventSchema', customEventSchema, { ...custom }],
    ['organicInstallSchema', organicInstallSchema, { ...install, type: 'organic_install' }],
    ['inorganicInstallSchema', inorganicInstallSchema, { ...install, type: 'inorganic_install' }],
  ])('%s takes its own kind of event and no other', (_, schema, own) => {
    for (const event of [custom, install, { ...install, type: 'organic_install' }]) {
      expect(schema.safeParse(event).success).toBe(event.type === own.type);
    }
    const other = own.type === 'custom' ? 'organic_install' : 'custom';
    expect(schema.safeParse({ ...own, type: other }).error?.issues[0]?.message).toBe(`must be ${own.type}`);
    expect(schema.safeParse({ ...own, city: 'Mumbai' }).error?.issues[0]?.message).toContain('unknown key "city"');
    expect(schema.safeParse('event').error?.issues.map(({ message }) => message)).toEqual([
      'must be an object, but a text was given',
    ]);
  });

  it.each(['all', 'any'] as const)('may be compiled, which changes nothing (policy "%s")', (utmPolicy) => {
    const options = { utmPolicy, now };
    const [plain, compiled] = [createEventSchema(options), compileEventSchema(options)];
    const wrong = [{ ...custom, name: '' }, { ...install, city: 'Mumbai' }, { type: 'organic_install' }, 7, undefined];
    fc.assert(
      fc.property(fc.oneof(validEvent, fc.constantFrom<unknown>(...wrong), fc.anything()), (event) => {
        expect(refusals(event, compiled)).toEqual(refusals(event, plain));
        const [parsed, expected] = [compiled.safeParse(event), plain.safeParse(event)];
        expect([parsed.success, parsed.data]).toEqual([expected.success, expected.data]);
      }),
    );
  });
});
