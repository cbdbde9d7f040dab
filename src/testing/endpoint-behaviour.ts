import { decodeQuery, type DecodedQuery } from '../contract/decode-query.js';
import type { UtmPolicy } from '../contract/event.js';
import type { ReservedParameter } from '../contract/parameters.js';
import type { RegionCode } from '../contract/regions.js';
import type { AccountBook } from './accounts.js';
import { createFailure, SUCCESS, type Answer } from './answer.js';
import type { PartnerList } from './partner-list.js';

/** A request as any of the ways in delivers it. */
export interface EndpointRequest {
  readonly method: string;
  /** Region of the host that was asked; undefined where the host stands for none, and then no region is checked. */
  readonly region: RegionCode | undefined;
  readonly path: string;
  readonly query: DecodedQuery;
}

/** What the endpoint goes by. */
export interface EndpointRules {
  readonly accounts: AccountBook;
  readonly partners: PartnerList;
  /** Which UTM parameters an install must have. */
  readonly requiredUtm: UtmPolicy;
  /** Status of a refusal of credentials: the document's table says 401, its FAQ 403. */
  readonly authenticationStatus: 401 | 403;
}

/** Takes a request target apart: path and query as a client sends them, or a whole URL as a proxy sees it. */
export function readTarget(target: string): Pick<EndpointRequest, 'path' | 'query'> {
  const relative = target.startsWith('/') ? target : withoutOrigin(target);
  const mark = relative.indexOf('?');
  // Without its `?`, a query that holds another one would be taken for a path.
  return mark < 0
    ? { path: relative, query: decodeQuery('') }
    : { path: relative.slice(0, mark), query: decodeQuery(relative.slice(mark)) };
}

/**
 * What the endpoint answers when nothing is wrong with it.
 *
 * The document states no order of checks. This one goes from what needs no knowledge to what needs most, so that a
 * request gets the answer that names its most basic mistake: path (404), method (405), mandatory parameters in the
 * order of the document's format line (400), form of the timestamp (400), partner name (400), credentials (401 or 403).
 */
export function answerRequest(request: EndpointRequest, rules: EndpointRules): Answer {
  if (request.path !== '/attribution') return NOT_FOUND;
  if (request.method !== 'GET' && request.method !== 'POST') return METHOD_NOT_ALLOWED;
  const { reserved } = request.query;
  const missing = findMissing(reserved, rules.requiredUtm);
  if (missing !== undefined) return createFailure(400, `${missing} is missing`);
  if (reserved.timestamp !== undefined && !EPOCH_SECONDS.test(reserved.timestamp)) return BAD_TIMESTAMP;
  if (!rules.partners.has(reserved.partner_name ?? '')) return NOT_WHITELISTED;
  if (!admits(request, rules.accounts)) return rules.authenticationStatus === 401 ? UNAUTHORIZED : FORBIDDEN;
  return SUCCESS;
}

/** Whether a request's credentials are there, and would be taken by the region that it asks. */
export function inspectCredentials(request: EndpointRequest, accounts: AccountBook): 'valid' | 'invalid' | 'missing' {
  const { reserved } = request.query;
  if (isEmpty(reserved.account_id) || isEmpty(reserved.account_token) || isEmpty(reserved.account_passcode)) {
    return 'missing';
  }
  return admits(request, accounts) ? 'valid' : 'invalid';
}

function admits({ query: { reserved }, region }: EndpointRequest, accounts: AccountBook): boolean {
  const { account_id: id = '', account_token: token = '', account_passcode: passcode = '' } = reserved;
  return accounts.admits(id, token, passcode, region);
}

const BEFORE_UTM = ['partner_name', 'event_type'] as const;
const UTM = ['utm_source', 'utm_medium', 'utm_campaign'] as const;
const AFTER_UTM = ['device_identifier', 'account_id', 'account_token', 'account_passcode', 'platform'] as const;

function findMissing(reserved: DecodedQuery['reserved'], requiredUtm: UtmPolicy): ReservedParameter | undefined {
  const missing = (name: ReservedParameter) => isEmpty(reserved[name]);
  return BEFORE_UTM.find(missing) ?? findMissingUtm(reserved, requiredUtm) ?? AFTER_UTM.find(missing);
}

function findMissingUtm(reserved: DecodedQuery['reserved'], requiredUtm: UtmPolicy): ReservedParameter | undefined {
  if (reserved.event_type !== 'organic_install' && reserved.event_type !== 'inorganic_install') return undefined;
  const missing = UTM.filter((name) => isEmpty(reserved[name]));
  return requiredUtm === 'all' || missing.length === UTM.length ? missing[0] : undefined;
}

function isEmpty(value: string | undefined): boolean {
  return value === undefined || value.trim() === '';
}

function withoutOrigin(target: string): string {
  if (!URL.canParse(target)) return target;
  const url = new URL(target);
  return url.pathname + url.search;
}

// From 12 digits on it is milliseconds, a mistake that would otherwise pass here and be seen only in production.
const EPOCH_SECONDS = /^\d{1,11}$/;

const NOT_FOUND = createFailure(404, 'Not Found');
const METHOD_NOT_ALLOWED = createFailure(405, 'Method Not Allowed', { allow: 'GET, POST' });
const BAD_TIMESTAMP = createFailure(400, 'timestamp must be an epoch in seconds');
const NOT_WHITELISTED = createFailure(
  400,
  'Partner name not whitelisted. Connect with the product team to get it whitelisted.',
);
const UNAUTHORIZED = createFailure(401, 'Invalid Account Info');
const FORBIDDEN = createFailure(403, 'Invalid Account Info');
