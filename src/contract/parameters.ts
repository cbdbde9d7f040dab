/** Names of the query parameters of the document's "API Endpoint Format". */

/** Parameters that the protocol itself defines, in the order of the document's format line. */
export const RESERVED_PARAMETERS = [
  'partner_name',
  'event_type',
  'timestamp',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'device_identifier',
  'account_id',
  'account_token',
  'account_passcode',
  'platform',
] as const;

/** Name of a parameter that the protocol itself defines. */
export type ReservedParameter = (typeof RESERVED_PARAMETERS)[number];

const reserved: ReadonlySet<string> = new Set(RESERVED_PARAMETERS);

/**
 * Whether a name is one of the protocol's own parameters, letter case and surrounding spaces ignored: whichever way a
 * server reads names, an extra parameter must never overwrite `account_id`.
 */
export function isReservedParameter(name: string): boolean {
  return reserved.has(name.trim().toLowerCase());
}
