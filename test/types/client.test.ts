import { Agent } from 'undici';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import {
  AttributionClient,
  createEventSchema,
  customEventSchema,
  eventSchema,
  inorganicInstallSchema,
  type AnyAttributionError,
  type AttributionEvent,
  type ClientOptions,
  type CloseReport,
  type Counters,
  type Delivery,
  type ForwardResult,
  type Notice,
  type ProjectClient,
} from '../../src/index.js';
import { canaryCredentials } from '../support/canary.js';

// Checked by `tsc -p .`: a line below `@ts-expect-error` that compiles is an error there.

const device = { deviceIdentifier: '__android11235', platform: 'android' } as const;
const bare = { type: 'inorganic_install', ...device, utmSource: 'google' } as const;
const partnerName = 'airbridge';

/** Takes what only the compiler is to look at. */
function unused(value: unknown): void {
  expect(value).toBeDefined();
}

describe('a client', () => {
  it('has the policy "all" where nothing is said, and the one that is said', () => {
    expectTypeOf(new AttributionClient({ partnerName })).toEqualTypeOf<AttributionClient>();
    expectTypeOf(new AttributionClient({ partnerName, utmPolicy: 'all' })).toEqualTypeOf<AttributionClient>();
    expectTypeOf(new AttributionClient({ partnerName, utmPolicy: 'any' })).toEqualTypeOf<AttributionClient<'any'>>();
  });

  it('takes events by its policy', () => {
    const any = new AttributionClient({ partnerName, utmPolicy: 'any' });
    const all = new AttributionClient({ partnerName });
    type Taken<Client extends { send: (event: never) => unknown }> = Parameters<Client['send']>[0];
    expectTypeOf<Taken<typeof any>>().toEqualTypeOf<AttributionEvent<'any'>>();
    expectTypeOf<Taken<typeof all>>().toEqualTypeOf<AttributionEvent>();
    unused(() => any.send(bare));
    // @ts-expect-error utmMedium and utmCampaign are missing
    unused(() => all.send(bare));
    // @ts-expect-error not even one UTM field
    unused(() => any.send({ type: 'organic_install', ...device }));
    expect(any).toBeInstanceOf(AttributionClient);
  });

  it('keeps its policy in project() and forward()', () => {
    const any = new AttributionClient({ partnerName, utmPolicy: 'any' });
    const all = new AttributionClient({ partnerName });
    const project = any.project(canaryCredentials());
    expectTypeOf(project).toEqualTypeOf<ProjectClient<'any'>>();
    expectTypeOf(all.project(canaryCredentials())).toEqualTypeOf<ProjectClient>();
    unused(() => project.send(bare));
    // @ts-expect-error utmMedium and utmCampaign are missing
    unused(() => all.project(canaryCredentials()).send(bare));
    unused(any.forward([{ event: bare }]));
    // @ts-expect-error utmMedium and utmCampaign are missing
    unused(all.forward([{ event: bare }]));
    expect(project.projectId).toBe('TEST-111-222Z');
  });

  it('takes what a schema of its policy has parsed', () => {
    const any = new AttributionClient({ partnerName, utmPolicy: 'any' });
    const all = new AttributionClient({ partnerName });
    const anySchema = createEventSchema({ utmPolicy: 'any' });
    const given: unknown = bare;
    unused(() => all.send(eventSchema.parse(given)));
    unused(() => all.project(canaryCredentials()).send(inorganicInstallSchema.parse(given)));
    unused(() => all.send(customEventSchema.parse(given)));
    unused(() => all.forward([{ event: eventSchema.parse(given) }]));
    unused(() => any.send(anySchema.parse(given)));
    unused(() => any.send(eventSchema.parse(given)));
    unused(() => any.send(customEventSchema.parse(given)));
    unused(() => any.forward([{ event: anySchema.parse(given) }]));
    // @ts-expect-error an install that was checked by "any" may have one UTM field alone
    unused(() => all.send(anySchema.parse(given)));
    // @ts-expect-error the same in forward()
    unused(() => all.forward([{ event: anySchema.parse(given) }]));
    expect(anySchema.parse(given)).toMatchObject(bare);
  });

  it('gives what it says', () => {
    const client = new AttributionClient({ partnerName });
    type Given<Name extends 'send' | 'close' | 'counters'> = ReturnType<AttributionClient[Name]>;
    expectTypeOf<Given<'send'>>().toEqualTypeOf<Promise<Delivery>>();
    expectTypeOf<Given<'close'>>().toEqualTypeOf<Promise<CloseReport>>();
    expectTypeOf<Given<'counters'>>().toEqualTypeOf<Counters>();
    expect(client.counters().accepted).toBe(0);
  });
});

describe('a result of forward()', () => {
  it('narrows by its status', () => {
    const tell = (result: ForwardResult): string => {
      switch (result.status) {
        case 'delivered':
          expectTypeOf(result.delivery).toEqualTypeOf<Delivery>();
          expectTypeOf(result.error).toEqualTypeOf<undefined>();
          return result.delivery.host;
        case 'rejected':
        case 'failed':
          expectTypeOf(result.error).toEqualTypeOf<AnyAttributionError>();
          expectTypeOf(result.delivery).toEqualTypeOf<undefined>();
          return result.error.message;
      }
    };
    expect(tell).toBeTypeOf('function');
  });

  it('narrows by its error', () => {
    const tell = (result: ForwardResult<'any'>): void => {
      if (result.error === undefined) expectTypeOf(result.status).toEqualTypeOf<'delivered'>();
      else expectTypeOf(result.status).toEqualTypeOf<'rejected' | 'failed'>();
      expectTypeOf(result.event).toEqualTypeOf<AttributionEvent<'any'>>();
    };
    expect(tell).toBeTypeOf('function');
  });
});

describe('a source of forward()', () => {
  it('may be sync or async, and must have events', () => {
    const client = new AttributionClient({ partnerName });
    const event = { type: 'custom', name: 'x', ...device } as const;
    unused(client.forward([{ event, id: '1', projectId: 'A' }]));
    unused(client.forward(new Set([{ event }])));
    unused(
      client.forward(
        (async function* () {
          yield await Promise.resolve({ event });
        })(),
      ),
    );
    // @ts-expect-error events alone are no records
    unused(client.forward([event]));
    // @ts-expect-error an id is a text
    unused(client.forward([{ event, id: 5 }]));
    expect(client.closed).toBe(false);
  });
});

describe('options', () => {
  it('do not compile with both a dispatcher and connections', () => {
    const dispatcher = new Agent();
    onTestFinished(() => dispatcher.destroy());
    // @ts-expect-error the dispatcher keeps its own connections
    const both: ClientOptions = { partnerName, dispatcher, connections: 5 };
    const either: ClientOptions[] = [
      { partnerName, dispatcher },
      { partnerName, connections: 5 },
    ];
    expect(() => new AttributionClient(both)).toThrow(/connections/);
    expect(either).toHaveLength(2);
  });

  it('do not compile with a mistyped name, or without the partner’s', () => {
    // @ts-expect-error it is called timeoutMs
    const mistyped: ClientOptions = { partnerName, timeout: 5 };
    // @ts-expect-error partnerName is required
    const nameless: ClientOptions = {};
    expect([mistyped, nameless].every((options) => 'timeoutMs' in options)).toBe(false);
  });
});

describe('a notice', () => {
  it('narrows by its type', () => {
    const tell = (notice: Notice): string => {
      switch (notice.type) {
        case 'attempt':
          expectTypeOf(notice.maybeRecorded).toEqualTypeOf<boolean>();
          return notice.outcome;
        case 'retry':
          return String(notice.delayMs);
        case 'delivered':
          return String(notice.attempts);
        case 'failed':
          expectTypeOf(notice.error).toEqualTypeOf<AnyAttributionError>();
          return notice.error.code;
        case 'outage':
        case 'outage_ended':
          expectTypeOf(notice.since).toEqualTypeOf<Date>();
          return notice.message;
        case 'retries_suspended':
        case 'retries_resumed':
          return notice.region;
        case 'hold':
          return notice.message;
        case 'hold_ended':
        case 'limit':
          return notice.because;
      }
    };
    expect(tell({ type: 'retries_resumed', region: 'in', host: 'x' })).toBe('in');
  });
});
