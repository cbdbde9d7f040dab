import { ValidationError } from '../errors.js';
import type { Credentials } from './credentials.js';
import type { ParsedEvent, UtmPolicy } from './event.js';

/** Largest path and query in bytes that is sent without a word: common proxies stop at 8 KiB. */
export const DEFAULT_MAX_URL_BYTES = 8_000;

const NEEDS_ENCODING = /[^A-Za-z0-9\-._~]/;

/** What stands for each ASCII character; the unreserved ones for themselves. */
const ASCII: readonly string[] = /* @__PURE__ */ Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return NEEDS_ENCODING.test(character) ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : character;
});

/**
 * RFC 3986 percent-encoding of UTF-8: all but the unreserved characters, so a space becomes `%20`.
 *
 * @throws {URIError} for a lone surrogate, which no checked event holds.
 */
export function percentEncode(text: string): string {
  // Most texts need nothing, and in most of the others a few ASCII characters do: `encodeURIComponent` costs several times more.
  if (!NEEDS_ENCODING.test(text)) return text;
  let encoded = '';
  let copied = 0;
  for (let index = 0; index < text.length; index += 1) {
    const substitute = ASCII[text.charCodeAt(index)];
    if (substitute?.length === 1) continue;
    encoded += text.slice(copied, index);
    copied = substitute === undefined ? endOfNonAscii(text, index) : index + 1;
    encoded += substitute ?? encodeURIComponent(text.slice(index, copied));
    index = copied - 1;
  }
  return encoded + text.slice(copied);
}

function endOfNonAscii(text: string, start: number): number {
  let end = start + 1;
  while (text.charCodeAt(end) >= ASCII.length) end += 1;
  return end;
}

/** How the path and query of every request of a partner begin, up to the type of the event. */
export function queryOpening(partnerName: string, path = '/attribution'): string {
  return inOnePiece([path, '?partner_name=', percentEncode(partnerName), '&event_type=']);
}

/** What a `QueryEncoder` is made for. */
export interface QueryEncoderOptions {
  /** How the query begins; one text for all projects of a partner. */
  readonly opening: string;
  /** Credentials of the project; without, the shortest that there can be stand for them, and lengths are lower bounds. */
  readonly credentials?: Credentials | undefined;
  /** Largest path and query, in bytes. @default 8000 */
  readonly maxUrlBytes?: number | undefined;
}

/** Bytes that the names of all the protocol's own parameters take, with their separators, and more. */
const NAMES_BYTES = 256;

/** Most bytes that one UTF-16 code unit takes: three of UTF-8, each as `%XX`. */
const BYTES_PER_UNIT = 9;

/**
 * Turns checked events of one project into the path and query of their requests; what is the same in each is encoded once.
 *
 * Parameters come in the order of the document's format line, then the extra ones in the caller's order.
 */
export class QueryEncoder {
  readonly #opening: string;
  readonly #account: string;
  readonly #projectId: string | undefined;
  readonly #maxUrlBytes: number;
  /** Bytes that certainly hold all but the event's own texts. */
  readonly #fixedBytes: number;

  constructor(options: QueryEncoderOptions) {
    const { opening, credentials, maxUrlBytes = DEFAULT_MAX_URL_BYTES } = options;
    this.#opening = opening;
    this.#account = credentials === undefined ? SHORTEST_ACCOUNT : accountParameters(credentials);
    this.#projectId = credentials?.projectId;
    this.#maxUrlBytes = maxUrlBytes;
    this.#fixedBytes = this.#opening.length + NAMES_BYTES + this.#account.length;
  }

  /**
   * Path and query. They hold the credentials: never show them.
   *
   * @throws {ValidationError} if they are longer than `maxUrlBytes`, naming the event's largest parameter.
   */
  encode(event: ParsedEvent<UtmPolicy>): string {
    let query = this.#opening + (event.type === 'custom' ? percentEncode(event.name) : event.type);
    if (event.timestamp !== null) query += `&timestamp=${event.timestamp}`;
    if (event.utmSource !== undefined) query += `&utm_source=${percentEncode(event.utmSource)}`;
    if (event.utmMedium !== undefined) query += `&utm_medium=${percentEncode(event.utmMedium)}`;
    if (event.utmCampaign !== undefined) query += `&utm_campaign=${percentEncode(event.utmCampaign)}`;
    query += `&device_identifier=${percentEncode(event.deviceIdentifier)}${this.#account}${percentEncode(event.platform)}`;
    const { params } = event;
    for (const name in params) query += `&${percentEncode(name)}=${percentEncode(params[name] as string)}`;
    // Everything is percent-encoded by now, so characters are bytes.
    if (query.length > this.#maxUrlBytes) throw tooLong(event, query.length, this.#maxUrlBytes, this.#projectId);
    return query;
  }

  /**
   * Makes sure that an event's path and query are not too long, encoding them only where that is in question.
   *
   * @throws {ValidationError} as `encode` does.
   */
  checkLength(event: ParsedEvent<UtmPolicy>): void {
    if (this.#fixedBytes + BYTES_PER_UNIT * unitsOf(event) > this.#maxUrlBytes) this.encode(event);
  }
}

/** Those of a project whose credentials are not known: each holds one character at least. */
const SHORTEST_ACCOUNT = '&account_id=x&account_token=x&account_passcode=x&platform=';

/** The parameters that open a project's account, up to the event's platform, which comes after them. */
function accountParameters({ projectId, projectToken, projectPasscode }: Credentials): string {
  return inOnePiece([
    '&account_id=',
    percentEncode(projectId),
    '&account_token=',
    percentEncode(projectToken.reveal()),
    '&account_passcode=',
    percentEncode(projectPasscode.reveal()),
    '&platform=',
  ]);
}

/** What is added up stays in pieces inside V8, each to be visited again by every query that it becomes part of; what is joined does not. */
function inOnePiece(parts: readonly string[]): string {
  return parts.join('');
}

/** UTF-16 code units of an event's own texts, with the separators of its extra parameters. */
function unitsOf(event: ParsedEvent<UtmPolicy>): number {
  const { deviceIdentifier, platform, utmSource = '', utmMedium = '', utmCampaign = '', params } = event;
  let units = deviceIdentifier.length + platform.length + utmSource.length + utmMedium.length + utmCampaign.length;
  units += event.type === 'custom' ? event.name.length : event.type.length;
  for (const name in params) units += name.length + (params[name] as string).length + 2;
  return units;
}

function tooLong(
  event: ParsedEvent<UtmPolicy>,
  bytes: number,
  maxUrlBytes: number,
  projectId: string | undefined,
): ValidationError {
  const fields = Object.entries(event.params).map(([name, value]) => ({
    path: ['params', name],
    bytes: percentEncode(name).length + percentEncode(value).length,
  }));
  for (const [name, value] of Object.entries(event)) {
    if (typeof value === 'string' && name !== 'type') fields.push({ path: [name], bytes: percentEncode(value).length });
  }
  const largest = fields.reduce((most, field) => (field.bytes > most.bytes ? field : most));
  const known = projectId === undefined ? 'at least ' : '';
  const message = `takes ${largest.bytes} of ${known}${bytes} bytes of path and query, more than the ${maxUrlBytes} of maxUrlBytes; shorten it`;
  return new ValidationError('event', [{ path: largest.path, message }], { projectId });
}
