import { describe, expect, it } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner, type PartnerOptions } from '../../src/contract/partner.js';
import { decodeQuery } from '../../src/contract/decode-query.js';
import { createEventSchema } from '../../src/contract/event-schema.js';
import { CANARY_PASSCODE, CANARY_TOKEN, canariesIn, canaryCredentials, everythingShownOf } from '../support/canary.js';

const event = createEventSchema().parse({
  type: 'custom',
  name: 'Add_to_cart',
  deviceIdentifier: '__android11235',
  platform: 'android',
  timestamp: null,
});

function accessTo(region: string, options: Partial<PartnerOptions> = {}) {
  return new Access(
    new Partner({ partnerName: 'airbridge', ...options }),
    parseCredentials(canaryCredentials({ region })),
  );
}

describe('Access', () => {
  it("goes to the region's host, with the project's credentials in the query", () => {
    const access = accessTo('in');
    expect(access.projectId).toBe('TEST-111-222Z');
    expect(access.endpoint.origin).toBe('https://in1.api.clevertap.com');
    expect({ ...decodeQuery(access.encode(event)).reserved }).toEqual({
      partner_name: 'airbridge',
      event_type: 'Add_to_cart',
      device_identifier: '__android11235',
      account_id: 'TEST-111-222Z',
      account_token: CANARY_TOKEN,
      account_passcode: CANARY_PASSCODE,
      platform: 'android',
    });
  });

  it('follows baseUrl, its path included', () => {
    const access = accessTo('us', { baseUrl: { us: 'https://proxy.example/us/' } });
    expect(access.endpoint.host).toBe('proxy.example');
    expect(access.encode(event)).toMatch(/^\/us\/attribution\?partner_name=airbridge&/);
    expect(accessTo('in', { baseUrl: { us: 'https://proxy.example' } }).endpoint.host).toBe('in1.api.clevertap.com');
  });

  it('follows maxUrlBytes', () => {
    const bytes = accessTo('eu').encode(event).length;
    expect(accessTo('eu', { maxUrlBytes: bytes }).encode(event)).toHaveLength(bytes);
    expect(() => accessTo('eu', { maxUrlBytes: bytes - 1 }).encode(event)).toThrow(/maxUrlBytes/);
  });

  it('takes its own credentials out of a foreign text, and out of its own query', () => {
    const access = accessTo('eu');
    expect(access.redact(`bad token ${CANARY_TOKEN} or ${CANARY_PASSCODE}`)).toBe('bad token [redacted] or [redacted]');
    expect(canariesIn(access.redact(access.encode(event)))).toEqual([]);
  });

  it('shows no secret itself', () => {
    expect(canariesIn(everythingShownOf(accessTo('eu')))).toEqual([]);
  });
});

describe('hasSameCredentials', () => {
  const base = { projectId: 'TEST-111-222Z', region: 'in' };
  const accessWith = (overrides: Parameters<typeof canaryCredentials>[0] = {}, options: Partial<PartnerOptions> = {}) =>
    new Access(
      new Partner({ partnerName: 'airbridge', ...options }),
      parseCredentials(canaryCredentials({ ...base, ...overrides })),
    );

  it('holds for an access and itself, and for two that were made of the same credentials', () => {
    const access = accessWith();
    expect(access.hasSameCredentials(access)).toBe(true);
    expect(access.hasSameCredentials(accessWith())).toBe(true);
  });

  it.each([
    ['project', accessWith({ projectId: 'OTHER' })],
    ['token', accessWith({ projectToken: 'another-token' })],
    ['passcode', accessWith({ projectPasscode: 'another-passcode' })],
    ['region', accessWith({ region: 'us' })],
    ['server', accessWith({}, { baseUrl: { in: 'https://proxy.example' } })],
  ])('does not hold for another %s', (_, other) => {
    expect(accessWith().hasSameCredentials(other)).toBe(false);
    expect(other.hasSameCredentials(accessWith())).toBe(false);
  });
});
