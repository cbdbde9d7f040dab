import type { RegionCode } from '../contract/regions.js';
import type { AccountBook } from './accounts.js';
import { inspectCredentials, type EndpointRequest } from './endpoint-behaviour.js';
import type { FaultKind } from './fault.js';

/**
 * One request, as the emulator's log keeps it: texts as they were received, decoded. It never holds a token or a
 * passcode, not even a wrong one; one that turns up in another field shows as `[redacted]`.
 */
export interface ReceivedRequest {
  /** When it arrived, in epoch milliseconds. */
  readonly at: number;
  /** Region of the host that was asked; undefined where the host stands for none. */
  readonly region: RegionCode | undefined;
  /** HTTP method; undefined if the connection was reset before there was a request. */
  readonly method: string | undefined;
  /** Parameter `account_id`. */
  readonly accountId: string | undefined;
  /** Parameter `partner_name`. */
  readonly partnerName: string | undefined;
  /** Parameter `event_type`: an install type, or the name of a custom event. */
  readonly eventType: string | undefined;
  /** Parameter `device_identifier`. */
  readonly deviceIdentifier: string | undefined;
  /** Parameter `platform`. */
  readonly platform: string | undefined;
  /** Parameter `timestamp`: epoch seconds, where the client is right. */
  readonly timestamp: string | undefined;
  /** Parameter `utm_source`. */
  readonly utmSource: string | undefined;
  /** Parameter `utm_medium`. */
  readonly utmMedium: string | undefined;
  /** Parameter `utm_campaign`. */
  readonly utmCampaign: string | undefined;
  /** The extra parameters, in an object without a prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** Names of parameters that came more than once; the first of each counts. */
  readonly repeated: readonly string[];
  /** Whether token and passcode were there, and would be taken by the region that was asked. */
  readonly credentials: 'valid' | 'invalid' | 'missing';
  /** What became of it: `fault` whenever a fault decided the answer, whether or not the event was recorded. */
  readonly outcome: 'recorded' | 'refused' | 'fault';
  /** Whether the event is on the books; with a fault only where that fault says so. */
  readonly recorded: boolean;
  /** Kind of the fault that decided the answer. */
  readonly fault: FaultKind | undefined;
  /** HTTP status that was sent, or would have been if the client had waited; undefined if a fault sends none. */
  readonly status: number | undefined;
  /** Milliseconds that `latency` faults held the answer back; 0 where there were none. */
  readonly delayMs: number;
}

/** How a request ended, for its entry in the log. */
export type RequestResult = Pick<ReceivedRequest, 'outcome' | 'recorded' | 'fault' | 'status' | 'delayMs'>;

/** Makes the log's entry of a request. */
export function describeRequest(
  at: number,
  request: EndpointRequest,
  accounts: AccountBook,
  { outcome, recorded, fault, status, delayMs }: RequestResult,
): ReceivedRequest {
  const { reserved, params, repeated } = request.query;
  const { account_id: id, account_token: token, account_passcode: passcode } = reserved;
  const credentials = inspectCredentials(request, accounts);
  const isSecret = (text: string) =>
    text.length >= SECRET_FROM &&
    // Right credentials can only be mixed up with themselves; the others are looked for where there are none.
    (text === token || text === passcode || (credentials !== 'valid' && accounts.holdsSecret(text)));
  const show = (text: string | undefined) => (text !== undefined && isSecret(text) ? REDACTED : text);
  return {
    at,
    region: request.region,
    method: request.method,
    accountId: id !== undefined && accounts.has(id) ? id : show(id),
    partnerName: show(reserved.partner_name),
    eventType: show(reserved.event_type),
    deviceIdentifier: show(reserved.device_identifier),
    platform: show(reserved.platform),
    timestamp: show(reserved.timestamp),
    utmSource: show(reserved.utm_source),
    utmMedium: show(reserved.utm_medium),
    utmCampaign: show(reserved.utm_campaign),
    params: showParams(params, isSecret),
    repeated,
    credentials,
    outcome,
    recorded,
    fault,
    status,
    delayMs,
  };
}

/** Makes the log's entry of a connection that was reset before it brought a request. */
export function describeConnection(at: number, region: RegionCode | undefined): ReceivedRequest {
  return {
    at,
    region,
    method: undefined,
    accountId: undefined,
    partnerName: undefined,
    eventType: undefined,
    deviceIdentifier: undefined,
    platform: undefined,
    timestamp: undefined,
    utmSource: undefined,
    utmMedium: undefined,
    utmCampaign: undefined,
    params: Object.freeze(Object.create(null) as Record<string, string>),
    repeated: [],
    credentials: 'missing',
    outcome: 'fault',
    recorded: false,
    fault: 'reset_before',
    status: undefined,
    delayMs: 0,
  };
}

const REDACTED = '[redacted]';

// A shorter text outside its place is no evidence: tests like credentials such as "t" and "p".
const SECRET_FROM = 6;

// `Account_Token` is no parameter of the protocol, yet what it holds is a token.
const SECRET_NAME = /account[\W_]*(?:token|passcode)/i;

function showParams(params: Readonly<Record<string, string>>, isSecret: (text: string) => boolean) {
  const shown = Object.create(null) as Record<string, string>;
  for (const name in params) {
    const value = params[name] ?? '';
    shown[isSecret(name) ? REDACTED : name] = SECRET_NAME.test(name) || isSecret(value) ? REDACTED : value;
  }
  return shown;
}
