import { describe, expect, it } from 'vitest';
import { isReservedParameter, RESERVED_PARAMETERS } from '../../src/contract/parameters.js';

describe('RESERVED_PARAMETERS', () => {
  it("follows the order of the document's format line", () => {
    const formatLine =
      'partner_name={PARTNERNAME}&event_type={TYPEOFDATA}&timestamp={EPOCH VALUE}&utm_source={UTMSOURCE}' +
      '&utm_medium={UTMMEDIUM}&utm_campaign={UTMCAMPAIGN}&device_identifier={CLEVERTAPID}&account_id={PROJECTID}' +
      '&account_token={PROJECTTOKEN}&account_passcode={PASSCODE}&platform={Android/iOS}';
    expect(RESERVED_PARAMETERS).toEqual(formatLine.split('&').map((pair) => pair.split('=')[0]));
  });
});

describe('isReservedParameter', () => {
  it.each(RESERVED_PARAMETERS)('knows %s, letter case and surrounding spaces ignored', (name) => {
    expect(isReservedParameter(name)).toBe(true);
    expect(isReservedParameter(name.toUpperCase())).toBe(true);
    expect(isReservedParameter(name.charAt(0).toUpperCase() + name.slice(1))).toBe(true);
    expect(isReservedParameter(` ${name}\t`)).toBe(true);
  });

  it.each(['', 'city', 'account', 'accountid', 'account-id', 'account_id2', 'utm_term', 'name', '__proto__'])(
    'leaves %j to the caller',
    (name) => {
      expect(isReservedParameter(name)).toBe(false);
    },
  );
});
