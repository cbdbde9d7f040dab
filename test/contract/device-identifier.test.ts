import { describe, expect, it } from 'vitest';
import { inspectDeviceIdentifier } from '../../src/contract/device-identifier.js';

const HEX = '0123456789abcdef0123456789abcdef';
const UUID = '01234567-89ab-cdef-0123-456789abcdef';

function kinds(identifier: string, platform?: string): string[] {
  return inspectDeviceIdentifier(identifier, platform).map(({ kind }) => kind);
}

describe('inspectDeviceIdentifier', () => {
  it.each([
    ['__' + HEX, 'android'],
    ['__g' + UUID, 'android'],
    ['__h' + 'x'.repeat(64), 'Android'],
    ['-' + HEX, 'ios'],
    ['-v' + UUID, 'iOS'],
    ['-g' + UUID, ' IOS '],
    ['-h' + 'customer(7)!:@$.|<>;+=', 'ios'],
  ])('has nothing to say about %s, which the SDK makes on %s', (identifier, platform) => {
    expect(kinds(identifier, platform)).toEqual([]);
  });

  it.each(['__android11235', '__g1234abc', '{CLEVERTAPID}'])(
    "has nothing to say about the document's sample %s on android",
    (identifier) => {
      expect(kinds(identifier, 'android')).toEqual([]);
      expect(kinds(identifier)).toEqual([]);
    },
  );

  it.each(['', '   ', '\t\n'])('says that %j is empty', (identifier) => {
    expect(inspectDeviceIdentifier(identifier, 'android')).toEqual([
      { kind: 'empty', message: 'is empty; CleverTap does not process such an event' },
    ]);
  });

  it('says that one belongs to an error profile', () => {
    expect(kinds('__i' + HEX, 'android')).toEqual(['error_profile']);
    expect(kinds('-i' + HEX, 'ios')).toEqual(['error_profile']);
    expect(kinds('-i' + HEX)).toEqual(['error_profile']);
    expect(kinds('x__i' + HEX)).toEqual([]);
  });

  it('says that one comes from the other platform', () => {
    expect(kinds('__' + HEX, 'ios')).toEqual(['platform_mismatch']);
    expect(kinds('-' + HEX, 'android')).toEqual(['platform_mismatch']);
    expect(kinds('  -v' + UUID, ' Android ')).toEqual(['platform_mismatch']);
  });

  it('looks for no mismatch without a platform, or with one that is neither', () => {
    for (const identifier of ['__' + HEX, '-' + HEX]) {
      expect(kinds(identifier)).toEqual([]);
      expect(kinds(identifier, 'React Native')).toEqual([]);
    }
    expect(kinds('anything', 'ios')).toEqual([]);
  });

  it('says that one is longer than 67 characters', () => {
    expect(kinds('x'.repeat(67))).toEqual([]);
    expect(kinds('x'.repeat(68))).toEqual(['too_long']);
    expect(kinds(` ${'x'.repeat(67)} `)).toEqual([]);
  });

  it('says everything at once, each in a sentence', () => {
    const advice = inspectDeviceIdentifier('-i' + 'x'.repeat(66), 'android');
    expect(advice.map(({ kind }) => kind)).toEqual(['error_profile', 'platform_mismatch', 'too_long']);
    expect(advice[0]?.message).toBe(
      'belongs to an error profile: the app gave the CleverTap SDK an identifier that it refused',
    );
    expect(advice[1]?.message).toBe('looks like one made on ios, but the platform is android');
    expect(advice[2]?.message).toContain('67');
  });
});
