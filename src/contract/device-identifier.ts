/** Advice about device identifiers. Nothing here rejects an event: the document's own samples fit no pattern. */

/** One remark about a device identifier. */
export interface DeviceIdentifierAdvice {
  /** Stable name of the remark. */
  readonly kind: 'empty' | 'error_profile' | 'platform_mismatch' | 'too_long';
  /** What it means, in a sentence. */
  readonly message: string;
}

const MAX_LENGTH = 67;

/**
 * Looks at a device identifier as CleverTap's SDKs make them and says what is odd about it.
 *
 * Advisory only: an identifier with advice is sent all the same. Without `platform`, mismatches are not looked for.
 * The SDKs (by their sources; the partner document states no form) make, on Android, `__` with 32 hex digits, `__g` with
 * the Google advertising id or `__h` with the app's own; on iOS `-` with 32 hex digits, `-v` with the IDFV, `-g` with the
 * IDFA or `-h` with the app's own; `__i` and `-i` mark an error profile.
 */
export function inspectDeviceIdentifier(identifier: string, platform?: string): readonly DeviceIdentifierAdvice[] {
  const id = identifier.trim();
  if (id === '') return [{ kind: 'empty', message: 'is empty; CleverTap does not process such an event' }];
  const advice: DeviceIdentifierAdvice[] = [];
  const madeOn = id.startsWith('__') ? 'android' : id.startsWith('-') ? 'ios' : undefined;
  if (/^(?:__|-)i/.test(id)) {
    advice.push({
      kind: 'error_profile',
      message: 'belongs to an error profile: the app gave the CleverTap SDK an identifier that it refused',
    });
  }
  const target = platform?.trim().toLowerCase();
  if (madeOn !== undefined && (target === 'android' || target === 'ios') && target !== madeOn) {
    advice.push({
      kind: 'platform_mismatch',
      message: `looks like one made on ${madeOn}, but the platform is ${target}`,
    });
  }
  if (id.length > MAX_LENGTH) {
    advice.push({ kind: 'too_long', message: `is longer than ${MAX_LENGTH} characters, the longest the SDKs make` });
  }
  return advice;
}
