import fc from 'fast-check';
import { parseCredentials } from '../../src/contract/credentials.js';
import { decodeQuery } from '../../src/contract/decode-query.js';
import { QueryEncoder, queryOpening } from '../../src/contract/encode-query.js';
import { createEventSchema } from '../../src/contract/event-schema.js';
import { classifyResponse } from '../../src/contract/response.js';
import { parseTimestamp } from '../../src/contract/timestamp.js';
import { validate } from '../../src/contract/validate.js';
import { parseRetryAfter } from '../../src/delivery/retry-after.js';
import { isAttributionError } from '../../src/errors.js';
import { canaryCredentials } from '../support/canary.js';
import { mustHold, type HostileInput } from './hostile-input.js';

const NOW_MS = Date.UTC(2026, 0, 1);

const encoder = new QueryEncoder({
  opening: queryOpening('airbridge'),
  credentials: parseCredentials(canaryCredentials()),
  maxUrlBytes: 200_000,
});

const schemas = [createEventSchema({ now: () => NOW_MS }), createEventSchema({ utmPolicy: 'any', now: () => NOW_MS })];

// Any UTF-16 text, lone surrogates and control characters included.
const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });
const likelyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), text);
const junk = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 2 });
const orJunk = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 9, arbitrary }, { weight: 1, arbitrary: junk });

const timestampInput = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer({ min: 946_684_800, max: 1_800_000_000 }),
  fc.date({ noInvalidDate: false }),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.]\d{1,9})?([+-]\d{2}:?\d{2}|Z)$/),
  likelyText,
);

const event = fc.record(
  {
    type: orJunk(fc.constantFrom('organic_install', 'inorganic_install', 'custom')),
    name: orJunk(likelyText),
    deviceIdentifier: orJunk(likelyText),
    platform: orJunk(fc.oneof(fc.constantFrom('android', 'iOS', ' ANDROID '), likelyText)),
    timestamp: orJunk(fc.option(timestampInput)),
    utmSource: orJunk(likelyText),
    utmMedium: orJunk(likelyText),
    utmCampaign: orJunk(likelyText),
    params: orJunk(fc.dictionary(likelyText, orJunk(fc.oneof(likelyText, fc.double(), fc.boolean(), fc.bigInt())))),
  },
  { requiredKeys: ['type'] },
);

/** Runs something that may fail with an error of the closed set only; undefined if it did. */
function orClosed<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isAttributionError(error)) return undefined;
    throw error;
  }
}

/** What a decoded query says, for comparison with the event that was encoded. */
function contentOf(url: string) {
  const { reserved, params, repeated } = decodeQuery(url);
  return {
    type: reserved.event_type,
    deviceIdentifier: reserved.device_identifier,
    platform: reserved.platform,
    timestamp: reserved.timestamp,
    utm: [reserved.utm_source, reserved.utm_medium, reserved.utm_campaign],
    params: { ...params },
    repeated,
  };
}

function hostile<T>(name: string, arbitrary: fc.Arbitrary<T>, check: (input: T) => void): HostileInput {
  return {
    name,
    share: 1,
    check: (numRuns, seed) => fc.assert(fc.property(arbitrary, check), { numRuns, seed, maxSkipsPerRun: 0 }),
  };
}

/**
 * What must hold for whatever comes in: nothing but errors of the closed set, and what is encoded decodes to itself. The
 * tests run it briefly, `npm run fuzz` for as long as it is told.
 */
export const hostileInputs: readonly HostileInput[] = [
  hostile('an event, through schema, encoder and decoder', fc.oneof({ weight: 9, arbitrary: event }, junk), (input) => {
    for (const schema of schemas) {
      const parsed = orClosed(() => validate(schema, input, 'event'));
      const url = parsed && orClosed(() => encoder.encode(parsed));
      if (parsed === undefined || url === undefined) continue;
      const expected = {
        type: parsed.type === 'custom' ? parsed.name : parsed.type,
        deviceIdentifier: parsed.deviceIdentifier,
        platform: parsed.platform,
        timestamp: parsed.timestamp === null ? undefined : String(parsed.timestamp),
        utm: [parsed.utmSource, parsed.utmMedium, parsed.utmCampaign],
        params: { ...parsed.params },
        repeated: [],
      };
      mustHold(/^\/attribution\?[A-Za-z0-9\-._~%&=]+$/.test(url), 'the URL is percent-encoded throughout');
      mustHold(JSON.stringify(contentOf(url)) === JSON.stringify(expected), 'the decoded query is the encoded event');
    }
  }),
  hostile('a query, through the decoder', fc.oneof(text, fc.webUrl({ withQueryParameters: true })), (input) => {
    const { reserved, params } = decodeQuery(input);
    mustHold(Object.getPrototypeOf(params) === null && Object.getPrototypeOf(reserved) === null, 'no prototype');
  }),
  hostile('a timestamp', fc.oneof(timestampInput, junk), (input) => {
    const result = parseTimestamp(input, NOW_MS);
    if ('problem' in result) mustHold(result.problem !== '', 'a problem is said');
    else mustHold(Number.isInteger(result.seconds) && result.seconds >= 946_684_800, 'whole seconds since 2000');
  }),
  hostile(
    'an answer, through the response table',
    fc.tuple(fc.integer({ min: -1, max: 1000 }), fc.oneof(text, fc.json(), answerLike())),
    ([status, body]) => {
      const verdict = classifyResponse(status, body);
      const delivered = verdict.kind === 'delivered';
      mustHold(!delivered || (status >= 200 && status <= 299), 'nothing but a 2xx delivers');
    },
  ),
  hostile(
    'a Retry-After header',
    fc.oneof(
      text,
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      fc.nat().map(String),
    ),
    (input) => {
      const waitMs = parseRetryAfter(input, NOW_MS);
      mustHold(waitMs === undefined || (Number.isFinite(waitMs) && waitMs >= 0), 'a wait that is none, or finite');
    },
  ),
  hostile(
    'credentials',
    fc.oneof(fc.record({ projectId: orJunk(text), projectToken: orJunk(text), region: orJunk(text) }), junk),
    (input) => {
      orClosed(() => parseCredentials(input as never));
    },
  ),
];

function answerLike(): fc.Arbitrary<string> {
  return fc
    .record(
      { status: orJunk(fc.constantFrom('success', 'fail', 'partial')), error: orJunk(text), code: orJunk(fc.nat()) },
      { requiredKeys: [] },
    )
    .map((body) => JSON.stringify(body, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)));
}
