import { describe, expect, it } from 'vitest';
import { Partner } from '../../src/contract/partner.js';

describe('Partner', () => {
  it('knows the endpoint of each region, and how the query of its requests begins', () => {
    const partner = new Partner({ partnerName: 'a & b', baseUrl: { in: 'http://127.0.0.1:8080/proxy' } });
    expect(partner.route('in')).toEqual({
      endpoint: { region: 'in', origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080', path: '/proxy/attribution' },
      opening: '/proxy/attribution?partner_name=a%20%26%20b&event_type=',
    });
    expect(partner.route('us').opening).toBe('/attribution?partner_name=a%20%26%20b&event_type=');
  });

  it('resolves a region once, however many projects are in it', () => {
    const partner = new Partner({ partnerName: 'airbridge' });
    expect(partner.route('eu')).toBe(partner.route('eu'));
  });
});
