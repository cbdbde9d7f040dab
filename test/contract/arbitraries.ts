import * as fc from 'fast-check';
import { isReservedParameter } from '../../src/contract/parameters.js';
import { hasControlCharacter, trimSpaces } from '../../src/contract/text.js';

/** The moment at which the property tests parse. */
export const NOW = Date.UTC(2024, 5, 1, 12, 0, 0, 250);

/** Any well-formed text, of all of Unicode or of the characters that mean something in a URL. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...Array.from(' %+&=?#/\\"\'()*!;:@$,<>|~-._a1é\n\u00a0\u200b')), maxLength: 40 }),
);

const requiredText = anyText.filter((text) => trimSpaces(text) !== '');

const eventName = requiredText.filter((text) => {
  const trimmed = trimSpaces(text);
  return !hasControlCharacter(trimmed) && !/^(?:in)?organic_install$/.test(trimmed);
});

const platform = fc.oneof(fc.constantFrom('android', 'iOS', ' ANDROID ', 'React Native'), requiredText);

// Down to the second, so that each notation means the same moment.
const moment = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Math.floor(NOW / 1000) });

const timestamp = fc.oneof(
  fc.constantFrom(null, undefined),
  moment,
  moment.map((seconds) => seconds * 1000),
  moment.map((seconds) => new Date(seconds * 1000)),
  moment.map((seconds) => new Date(seconds * 1000).toISOString()),
  moment.map(String),
);

const paramName = fc
  .oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'toString', 'custom', '7'))
  .filter((name) => name !== '' && !isReservedParameter(name));

const paramValue = fc.oneof(
  anyText,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, ''),
);

const params = fc.option(fc.dictionary(paramName, paramValue, { maxKeys: 5 }), { nil: undefined });

const common = { deviceIdentifier: requiredText, platform, timestamp, params };
const optionalUtm = fc.option(anyText, { nil: undefined });

const install = fc.record({
  type: fc.constantFrom('organic_install' as const, 'inorganic_install' as const),
  ...common,
  utmSource: requiredText,
  utmMedium: requiredText,
  utmCampaign: requiredText,
});

const custom = fc.record({
  type: fc.constant('custom' as const),
  name: eventName,
  ...common,
  utmSource: optionalUtm,
  utmMedium: optionalUtm,
  utmCampaign: optionalUtm,
});

/** Any event that is accepted at `NOW`, as a caller may write it. */
export const validEvent = fc.oneof(install, custom);
