import { CANARY_PASSCODE, CANARY_TOKEN } from '../support/canary.js';

/** Typed from the document by hand, so that the emulator is not held against the code it shares with the client. */

/** The account of the document's samples. */
export const SAMPLE_ACCOUNT = {
  projectId: 'W6W-797-865Z',
  projectToken: 'aca-060',
  projectPasscode: '1f81b71b91d84885a898911ab8722f34',
};

export const ORGANIC_SAMPLE =
  '/attribution?partner_name=airbridge&event_type=organic_install&utm_source=utm_google&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android&timestamp=1660717763';

export const INORGANIC_SAMPLE =
  '/attribution?partner_name=airbirdge&event_type=inorganic_install&utm_source=utm_google&utm_medium=gd&utm_campaign=adir&device_identifier=__android11235&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android&timestamp=1660717763';

/** As it stands there, with its `timestamp` twice. */
export const CUSTOM_SAMPLE =
  '/attribution?partner_name=airbirdge&event_type=Add_to_cart&timestamp=1656317838&device_identifier=__g1234abc&items=shoes&price=12.00&account_id=W6W-797-865Z&account_token=aca-060&account_passcode=1f81b71b91d84885a898911ab8722f34&platform=android&timestamp=1660717763';

const VALID: Record<string, string> = {
  partner_name: 'airbridge',
  event_type: 'inorganic_install',
  timestamp: '1660717763',
  utm_source: 'utm_google',
  utm_medium: 'gd',
  utm_campaign: 'adir',
  device_identifier: '__android11235',
  account_id: 'TEST-111-222Z',
  account_token: CANARY_TOKEN,
  account_passcode: CANARY_PASSCODE,
  platform: 'android',
};

/** Path and query of an install of the canary project, with parameters changed, added or (undefined) left out. */
export function target(changes: Record<string, string | undefined> = {}): string {
  const pairs = Object.entries({ ...VALID, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return `/attribution?${pairs.join('&')}`;
}
