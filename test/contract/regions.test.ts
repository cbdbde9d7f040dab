import { describe, expect, it } from 'vitest';
import { DEFAULT_REGION, findRegion, regionByCode, regions, type RegionCode } from '../../src/contract/regions.js';

const TABLE: [code: RegionCode, label: string, host: string, aliases: string[]][] = [
  ['eu', 'EU (Europe)', 'api.clevertap.com', ['eu1', 'europe']],
  ['us', 'US (U.S.A)', 'us1.api.clevertap.com', ['us1', 'usa']],
  ['in', 'IN (India)', 'in1.api.clevertap.com', ['in1', 'india']],
  ['sg', 'SG (Singapore)', 'sg1.api.clevertap.com', ['sg1', 'singapore']],
  ['sk', 'SK (South Korea)', 'sk1.api.clevertap.com', ['sk1', 'south korea', 'kr']],
  ['id', 'Indonesia', 'aps3.api.clevertap.com', ['aps3', 'indonesia']],
  ['ae', 'Middle East (UAE)', 'mec1.api.clevertap.com', ['mec1', 'uae', 'middle east']],
];

describe('regions', () => {
  it('lists all seven in the order of a drop-down', () => {
    expect(regions.map(({ code }) => code)).toEqual(['eu', 'us', 'in', 'sg', 'sk', 'id', 'ae']);
  });

  it('marks the EU, and no other, as the default', () => {
    expect(DEFAULT_REGION).toBe('eu');
    expect(regions.filter((region) => region.default).map(({ code }) => code)).toEqual(['eu']);
  });

  it('cannot be changed by whoever imports them', () => {
    expect(Object.isFrozen(regions)).toBe(true);
    for (const region of regions) {
      expect(Object.isFrozen(region)).toBe(true);
      expect(Object.isFrozen(region.aliases)).toBe(true);
    }
  });

  it('shares no name between two regions', () => {
    const names = regions.flatMap(({ code, aliases }) => [code, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  describe.each(TABLE)('%s', (code, label, host, aliases) => {
    it('has the label and the host of the document, and its aliases', () => {
      expect(regionByCode(code)).toMatchObject({ code, label, host, aliases });
    });

    it.each([code, label, ...aliases])('is found as "%s" in any letter case and with spaces around it', (name) => {
      const capitalised = name.charAt(0).toUpperCase() + name.slice(1);
      for (const written of [name, name.toUpperCase(), capitalised, `  ${name}\t`]) {
        expect(findRegion(written)).toBe(regionByCode(code));
      }
    });
  });

  it.each(['', 'xx', 'eu2', 'euro pe', 'api.clevertap.com', 'constructor', '__proto__'])(
    'does not know "%s"',
    (name) => {
      expect(findRegion(name)).toBeUndefined();
    },
  );
});
