import { ValidationError } from '../errors.js';
import type { Credentials } from './credentials.js';
import type { ParsedEvent, UtmPolicy } from './event.js';

/** Largest path and query in bytes that is sent without a word: common proxies stop at 8 KiB. */
export const DEFAULT_MAX_URL_BYTES = 8_000;

const NEEDS_ENCODING = /[^A-Za-z0-9\-._~]/;

/** RFC 3986 percent-encoding of UTF-8: all but the unreserved characters, so a space becomes `%20`. */
export function percentEncode(text: string): string {
  if (!NEEDS_ENCODING.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Turns a checked event into the path and query of its request. The result holds the credentials: never show it. */
export type QueryEncoder = (event: ParsedEvent<UtmPolicy>) => string;

/** What a `QueryEncoder` is made for. */
export interface QueryEncoderOptions {
  /** The partner's whitelisted name, trimmed. */
  readonly partnerName: string;
  /** Credentials of the project. */
  readonly credentials: Credentials;
  /** Path of the endpoint. @default '/attribution' */
  readonly path?: string | undefined;
  /** Largest path and query, in bytes. @default 8000 */
  readonly maxUrlBytes?: number | undefined;
}

/**
 * Makes the encoder of one project: what is the same in each of its requests is encoded once, here.
 *
 * Parameters come in the order of the document's format line, then the extra ones in the caller's order. The encoder
 * throws a `ValidationError` for an event over `maxUrlBytes`, naming its largest parameter.
 */
export function createQueryEncoder(options: QueryEncoderOptions): QueryEncoder {
  const { partnerName, credentials, path = '/attribution', maxUrlBytes = DEFAULT_MAX_URL_BYTES } = options;
  const opening = `${path}?partner_name=${percentEncode(partnerName)}&event_type=`;
  const account =
    `&account_id=${percentEncode(credentials.projectId)}` +
    `&account_token=${percentEncode(credentials.projectToken.reveal())}` +
    `&account_passcode=${percentEncode(credentials.projectPasscode.reveal())}&platform=`;

  return (event) => {
    let query = opening + (event.type === 'custom' ? percentEncode(event.name) : event.type);
    if (event.timestamp !== null) query += `&timestamp=${event.timestamp}`;
    if (event.utmSource !== undefined) query += `&utm_source=${percentEncode(event.utmSource)}`;
    if (event.utmMedium !== undefined) query += `&utm_medium=${percentEncode(event.utmMedium)}`;
    if (event.utmCampaign !== undefined) query += `&utm_campaign=${percentEncode(event.utmCampaign)}`;
    query += `&device_identifier=${percentEncode(event.deviceIdentifier)}${account}${percentEncode(event.platform)}`;
    const { params } = event;
    for (const name in params) query += `&${percentEncode(name)}=${percentEncode(params[name] as string)}`;
    // Everything is percent-encoded by now, so characters are bytes.
    if (query.length > maxUrlBytes) throw tooLong(event, query.length, maxUrlBytes, credentials.projectId);
    return query;
  };
}

/** Bytes that the names of all the protocol's own parameters take, with their separators, and more. */
const NAMES_BYTES = 256;

/** Most bytes that one UTF-16 code unit takes: three of UTF-8, each as `%XX`. */
const BYTES_PER_UNIT = 9;

/** Gives a number of bytes that an event's path and query certainly do not exceed, without encoding them. */
export function createLengthBound({ partnerName, credentials, path = '/attribution' }: QueryEncoderOptions) {
  const { projectId, projectToken, projectPasscode } = credentials;
  const account = projectId.length + projectToken.reveal().length + projectPasscode.reveal().length;
  const fixed = path.length + NAMES_BYTES + BYTES_PER_UNIT * (partnerName.length + account);

  return (event: ParsedEvent<UtmPolicy>): number => {
    const { deviceIdentifier, platform, utmSource = '', utmMedium = '', utmCampaign = '', params } = event;
    let units = deviceIdentifier.length + platform.length + utmSource.length + utmMedium.length + utmCampaign.length;
    units += event.type === 'custom' ? event.name.length : event.type.length;
    // Two for the separators of each.
    for (const name in params) units += name.length + (params[name] as string).length + 2;
    return fixed + BYTES_PER_UNIT * units;
  };
}

function tooLong(
  event: ParsedEvent<UtmPolicy>,
  bytes: number,
  maxUrlBytes: number,
  projectId: string,
): ValidationError {
  const fields = Object.entries(event.params).map(([name, value]) => ({
    path: ['params', name],
    bytes: percentEncode(name).length + percentEncode(value).length,
  }));
  for (const [name, value] of Object.entries(event)) {
    if (typeof value === 'string' && name !== 'type') fields.push({ path: [name], bytes: percentEncode(value).length });
  }
  const largest = fields.reduce((most, field) => (field.bytes > most.bytes ? field : most));
  const message = `takes ${largest.bytes} of ${bytes} bytes of path and query, more than the ${maxUrlBytes} of maxUrlBytes; shorten it`;
  return new ValidationError('event', [{ path: largest.path, message }], { projectId });
}
