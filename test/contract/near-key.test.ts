import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearKey } from '../../src/contract/near-key.js';

const KNOWN = [
  'type',
  'name',
  'id',
  'platform',
  'timestamp',
  'utmSource',
  'utmMedium',
  'utmCampaign',
  'deviceIdentifier',
];

describe('a key', () => {
  it.each([
    ['naem', 'name'],
    ['nam', 'name'],
    ['names', 'name'],
    ['Tpye', 'type'],
    ['plattform', 'platform'],
    ['platfrom', 'platform'],
    ['pletform', 'platform'],
    ['timestmap', 'timestamp'],
    ['utmSuorce', 'utmSource'],
    ['utmCampain', 'utmCampaign'],
    ['utmcmpagn', 'utmCampaign'],
    ['devceIdentifer', 'deviceIdentifier'],
    [' utmMedum ', 'utmMedium'],
  ])('%j was probably meant to be %j', (typed, meant) => {
    expect(nearKey(typed, KNOWN)).toBe(meant);
  });

  it.each([
    'time',
    'city',
    'game',
    'it',
    'i',
    '',
    'date',
    'price',
    'latform1x',
    'utm',
    '__proto__',
    'x'.repeat(100_000),
  ])('%j may be anything', (typed) => {
    expect(nearKey(typed, KNOWN)).toBeUndefined();
  });

  it('may be anything as well where two are as near, and is the nearer one otherwise', () => {
    expect(nearKey('carts', ['cart', 'carets'])).toBeUndefined();
    expect(nearKey('parameters', ['parameter', 'paramete'])).toBe('parameter');
    expect(nearKey('parameters', ['paramete', 'parameter'])).toBe('parameter');
  });

  it('is known by one letter too many or too few, and by two that changed places, wherever that is', () => {
    const known = fc.constantFrom(...KNOWN.filter((key) => key.length >= 4));
    fc.assert(
      fc.property(known, fc.nat(), fc.constantFrom('drop', 'double', 'swap'), (key, place, mistake) => {
        const index = place % (key.length - 1);
        const [before, one, other, after] = [key.slice(0, index), key[index], key[index + 1], key.slice(index + 2)];
        const middle = { drop: other, double: `${one}${one}${other}`, swap: `${other}${one}` }[mistake];
        expect(nearKey(`${before}${middle}${after}`, KNOWN)).toBe(key);
      }),
    );
  });
});
