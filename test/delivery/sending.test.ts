import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import type { ParsedEvent } from '../../src/contract/event.js';
import { eventSchema } from '../../src/contract/event-schema.js';
import { AbortWatch } from '../../src/delivery/abort-watch.js';
import { Deadlines } from '../../src/delivery/deadlines.js';
import type { Delivery } from '../../src/delivery/delivery.js';
import type { AttemptOutcome } from '../../src/delivery/outcome.js';
import { RegionHealth } from '../../src/delivery/region-health.js';
import { ProjectHealth } from '../../src/delivery/project-health.js';
import { Sending } from '../../src/delivery/sending.js';
import type { SendingContext, SendingProject, SendingSettings } from '../../src/delivery/sending-context.js';
import type { Exchange, OutcomeListener, Transport, WarmUp } from '../../src/delivery/transport.js';
import type { AnyAttributionError } from '../../src/errors.js';
import { ConcurrencyLimiter } from '../../src/forward/concurrency-limiter.js';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';
import type { RetryPolicy } from '../../src/options.js';
import { CANARY_PASSCODE, canaryCredentials } from '../support/canary.js';
import { inorganicInstall } from '../support/events.js';

/** A request as a test sees it, and ends it. */
class FakeExchange implements Exchange {
  ended = false;
  cancelled = false;
  written = true;

  constructor(
    readonly path: string,
    readonly timeoutMs: number,
    readonly host: string,
    private readonly listener: OutcomeListener,
  ) {}

  get live(): boolean {
    return !this.ended && !this.cancelled;
  }

  end(outcome: AttemptOutcome): void {
    if (!this.live) return;
    this.ended = true;
    this.listener.onOutcome(outcome);
  }

  cancel(): boolean {
    if (!this.ended) this.cancelled = true;
    return this.written;
  }
}

class FakeTransport implements Transport {
  readonly exchanges: FakeExchange[] = [];
  /** What becomes of a request at once, while it is being started. */
  atOnce: ((exchange: FakeExchange) => void) | undefined = undefined;

  get live(): FakeExchange[] {
    return this.exchanges.filter((exchange) => exchange.live);
  }

  start(endpoint: { host: string }, path: string, timeoutMs: number, listener: OutcomeListener): Exchange {
    const exchange = new FakeExchange(path, timeoutMs, endpoint.host, listener);
    this.exchanges.push(exchange);
    this.atOnce?.(exchange);
    return exchange;
  }

  warmUp(): Promise<WarmUp> {
    return Promise.resolve({ connections: 0, error: undefined });
  }

  halt(): void {
    // Nothing waits for a connection here.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const answer = (status: number, body = '', retryAfter?: string): AttemptOutcome => ({
  kind: 'answer',
  status,
  body,
  retryAfter,
});
const SUCCESS = answer(200, '{"status":"success"}');
const BROKEN: AttemptOutcome = {
  kind: 'no_answer',
  reason: 'network',
  written: true,
  reset: false,
  message: 'broke',
  code: undefined,
};

const event: ParsedEvent = eventSchema.parse(inorganicInstall());
const retry: RetryPolicy = {
  maxAttempts: 4,
  initialDelayMs: 100,
  maxDelayMs: 400,
  factor: 2,
  whenMaybeRecorded: 'retry',
};

function accessTo(region = 'in', projectPasscode = CANARY_PASSCODE, projectId = 'TEST-111-222Z'): Access {
  const credentials = parseCredentials(canaryCredentials({ region, projectPasscode, projectId }));
  return new Access(new Partner({ partnerName: 'airbridge' }), credentials);
}

interface Settled {
  readonly delivery?: Delivery;
  readonly error?: AnyAttributionError;
}

function newContext(overrides: Partial<RetryPolicy> = {}, limits = { perProject: 2, total: 3 }) {
  const transport = new FakeTransport();
  const notices: Notice[] = [];
  const onNotice = { listener: undefined as ((notice: Notice) => void) | undefined };
  const observer = new Observer((notice) => {
    notices.push(notice);
    onNotice.listener?.(notice);
  });
  const regions = new Map<string, RegionHealth>();
  const policy = { ...retry, ...overrides };
  const admission = new ConcurrencyLimiter(
    limits,
    (projectId) => new ProjectHealth(projectId, limits.perProject, policy, observer),
  );
  const context: SendingContext = {
    transport,
    admission,
    observer,
    pending: new Deadlines<Sending>(),
    signals: new AbortWatch(),
    retry: policy,
    requireConfirmation: false,
    health: ({ endpoint }) => {
      const health = regions.get(endpoint.region) ?? new RegionHealth(endpoint, policy, observer);
      regions.set(endpoint.region, health);
      return health;
    },
    triesAgain: () => true,
    onEnd: () => undefined,
  };
  const project = { projectId: 'TEST-111-222Z', access: accessTo() };
  const begin = (settings: Partial<SendingSettings> = {}, as: SendingProject = project) => {
    const ends: Settled[] = [];
    const sending = new Sending(
      context,
      as,
      event,
      { timeoutMs: 1000, deadlineMs: 60_000, patient: false, ...settings },
      { onDelivered: (delivery) => ends.push({ delivery }), onFailed: (error) => ends.push({ error }) },
    );
    sending.start();
    return { sending, ends };
  };
  return { context, transport, observer, admission, notices, onNotice, project, begin };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a sending', () => {
  it('is one request where that succeeds', () => {
    const { begin, transport, observer, admission } = newContext();
    const { ends } = begin();
    expect(transport.exchanges.map(({ timeoutMs, host }) => [timeoutMs, host])).toEqual([
      [1000, 'in1.api.clevertap.com'],
    ]);
    expect(ends).toEqual([]);
    transport.exchanges[0]?.end(SUCCESS);
    expect(ends).toMatchObject([{ delivery: { attempts: 1, confirmed: true, region: 'in' } }]);
    expect(observer.snapshot()).toMatchObject({ accepted: 1, delivered: 1, attempts: 1, inFlight: 0 });
    expect(admission.projects).toBe(0);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('may end while its request is being started', async () => {
    const { begin, transport, observer, admission } = newContext();
    transport.atOnce = (exchange) => exchange.end(transport.exchanges.length < 3 ? answer(503) : SUCCESS);
    const { ends } = begin();
    await vi.advanceTimersByTimeAsync(1000);
    expect(ends).toMatchObject([{ delivery: { attempts: 3 } }]);
    expect(observer.snapshot()).toMatchObject({ attempts: 3, retries: 2, inFlight: 0 });
    expect(admission.projects).toBe(0);
  });

  it('that is given up while its request is being started has that request given up', () => {
    const { begin, context, transport, observer, admission } = newContext();
    transport.atOnce = () => {
      for (const each of context.pending) each.close();
    };
    const { ends } = begin();
    expect(transport.exchanges.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(ends).toMatchObject([{ error: { code: 'closed', attempts: 1 } }]);
    expect([observer.inFlight, admission.projects]).toEqual([0, 0]);
  });

  it('waits for its next attempt as long as the back-off says', async () => {
    const { begin, transport } = newContext();
    begin();
    transport.exchanges[0]?.end(answer(503));
    await vi.advanceTimersByTimeAsync(49);
    expect(transport.exchanges).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.exchanges).toHaveLength(2);
    transport.exchanges[1]?.end(answer(503, '', '3'));
    await vi.advanceTimersByTimeAsync(2999);
    expect(transport.exchanges).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.exchanges).toHaveLength(3);
  });

  it('gives its place to others while it waits for its next attempt', async () => {
    const { begin, transport } = newContext({}, { perProject: 1, total: 1 });
    const first = begin();
    const second = begin();
    expect(transport.exchanges).toHaveLength(1);
    transport.exchanges[0]?.end(answer(503));
    expect(transport.exchanges).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(50);
    expect(transport.exchanges).toHaveLength(2);
    transport.exchanges[1]?.end(SUCCESS);
    expect(transport.exchanges).toHaveLength(3);
    transport.exchanges[2]?.end(SUCCESS);
    await vi.advanceTimersByTimeAsync(0);
    expect([first.ends.length, second.ends.length]).toEqual([1, 1]);
  });

  it('is not brought back by a retry during whose announcement it was given up', async () => {
    const { begin, transport, onNotice } = newContext();
    const { sending, ends } = begin();
    onNotice.listener = ({ type }) => {
      if (type === 'retry') sending.close();
    };
    transport.exchanges[0]?.end(answer(503));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toMatchObject([{ error: { code: 'closed', attempts: 1 } }]);
    expect(transport.exchanges).toHaveLength(1);
  });

  it('is the same request each time, with the credentials of the moment', async () => {
    const { begin, transport, project } = newContext();
    begin();
    transport.exchanges[0]?.end(answer(503));
    await vi.advanceTimersByTimeAsync(50);
    transport.exchanges[1]?.end(answer(503));
    project.access = accessTo('us', `${CANARY_PASSCODE}-next`);
    await vi.advanceTimersByTimeAsync(100);
    const [first, second, third] = transport.exchanges;
    expect(second?.path).toBe(first?.path);
    expect(third?.path).toBe(first?.path.replace(CANARY_PASSCODE, `${CANARY_PASSCODE}-next`));
    expect(transport.exchanges.map(({ host }) => host)).toEqual([
      'in1.api.clevertap.com',
      'in1.api.clevertap.com',
      'us1.api.clevertap.com',
    ]);
  });

  it('is encoded once where its first attempt succeeds', () => {
    const { begin, project } = newContext();
    const encode = vi.spyOn(project.access, 'encode');
    begin();
    expect(encode).toHaveBeenCalledTimes(1);
  });

  it('is not taken on where its URL is too long', () => {
    const { project, begin, observer } = newContext();
    const partner = new Partner({ partnerName: 'airbridge', maxUrlBytes: 50 });
    project.access = new Access(partner, parseCredentials(canaryCredentials()));
    expect(() => begin()).toThrow(/maxUrlBytes/);
    expect(observer.snapshot().accepted).toBe(0);
  });

  it('ends at its deadline, wherever it is', async () => {
    const { begin, transport, admission } = newContext({}, { perProject: 1, total: 1 });
    const inFlight = begin({ deadlineMs: 1000 });
    const waiting = begin({ deadlineMs: 1000 });
    await vi.advanceTimersByTimeAsync(1000);
    expect([inFlight.ends, waiting.ends]).toMatchObject([
      [{ error: { code: 'timeout', attempts: 1, maybeRecorded: true } }],
      [{ error: { code: 'timeout', attempts: 0, maybeRecorded: false } }],
    ]);
    expect(transport.exchanges.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(admission.projects).toBe(0);
  });

  it('has no deadline before its first attempt where it is patient', async () => {
    const { begin, transport } = newContext({}, { perProject: 1, total: 1 });
    begin({ deadlineMs: Infinity });
    const { ends } = begin({ deadlineMs: 1000, patient: true });
    await vi.advanceTimersByTimeAsync(100_000);
    expect(ends).toEqual([]);
    transport.exchanges[0]?.end(SUCCESS);
    await vi.advanceTimersByTimeAsync(999);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toMatchObject([{ error: { code: 'timeout', attempts: 1 } }]);
  });

  it('has one deadline for all its attempts where it is patient', async () => {
    const { begin, transport } = newContext();
    const { ends } = begin({ deadlineMs: 1000, patient: true });
    await vi.advanceTimersByTimeAsync(600);
    transport.exchanges[0]?.end(answer(503));
    await vi.advanceTimersByTimeAsync(399);
    expect([transport.exchanges.length, ends]).toEqual([2, []]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toMatchObject([{ error: { code: 'timeout', attempts: 2 } }]);
  });

  it('does not wait behind the gate where it cannot', () => {
    const { begin, transport, context, project } = newContext();
    context.health(project.access).closeGate(0);
    begin({ patient: false });
    expect(transport.exchanges).toHaveLength(1);
  });
});

describe('patient sendings', () => {
  it('go back behind the gate when it was closed while they waited for a place', () => {
    const { begin, transport, context, project } = newContext({}, { perProject: 1, total: 1 });
    begin({ patient: false });
    const waiting = [1, 2, 3].map(() => begin({ patient: true }));
    context.health(project.access).closeGate(60_000);
    transport.exchanges[0]?.end(answer(503));
    expect(transport.exchanges).toHaveLength(1);
    context.health(project.access).reopenGate();
    for (const index of [1, 2, 3]) transport.exchanges[index]?.end(SUCCESS);
    expect(waiting.map(({ ends }) => ends.length)).toEqual([1, 1, 1]);
  });

  it('that are let through as the probe one by one, go on as soon as one gets through', async () => {
    const { begin, transport, context, project } = newContext();
    context.health(project.access).closeGate(0);
    const sendings = Array.from({ length: 5 }, () => begin({ patient: true }));
    expect(transport.exchanges).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(50);
    expect(transport.live).toHaveLength(1);
    transport.live[0]?.end(BROKEN);
    await vi.advanceTimersByTimeAsync(100);
    expect(transport.live).toHaveLength(1);
    transport.live[0]?.end(SUCCESS);
    expect(transport.live).toHaveLength(2);
    while (transport.live.length > 0) transport.live[0]?.end(SUCCESS);
    await vi.advanceTimersByTimeAsync(0);
    while (transport.live.length > 0) transport.live[0]?.end(SUCCESS);
    expect(sendings.map(({ ends }) => ends.length)).toEqual([1, 1, 1, 1, 1]);
  });

  it('lose no time and no attempt behind the gate, and have what was left to them afterwards', async () => {
    const { begin, transport, context, project } = newContext();
    const { ends } = begin({ deadlineMs: 5000, patient: true });
    await vi.advanceTimersByTimeAsync(3000);
    context.health(project.access).closeGate(0);
    transport.live[0]?.end(answer(503));
    for (let probe = 0; probe < 20; probe += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      transport.live[0]?.end(answer(503));
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect([ends, transport.live.length]).toEqual([[], 1]);
    // Two seconds were left to it, and the probe that is under way has used up almost half a second by now.
    await vi.advanceTimersByTimeAsync(2000);
    expect(ends).toMatchObject([{ error: { code: 'timeout', attempts: 22 } }]);
  });

  it('do not wait at the gate of a region that their project has left', async () => {
    const { begin, transport, context, project } = newContext();
    begin({ patient: true });
    transport.exchanges[0]?.end(answer(503));
    context.health(project.access).closeGate(60_000);
    project.access = accessTo('us');
    await vi.advanceTimersByTimeAsync(50);
    expect(transport.exchanges.map(({ host }) => host)).toEqual(['in1.api.clevertap.com', 'us1.api.clevertap.com']);
  });

  it('leave the gate of a region that their project has left', async () => {
    const { begin, transport, context, project } = newContext();
    const old = context.health(project.access).gate;
    context.health(project.access).closeGate(0);
    const sendings = Array.from({ length: 3 }, () => begin({ patient: true }));
    project.access = accessTo('us');
    await vi.advanceTimersByTimeAsync(50);
    for (let round = 0; round < 3; round += 1) transport.live[0]?.end(SUCCESS);
    expect(sendings.map(({ ends }) => ends[0]?.delivery?.region)).toEqual(['us', 'us', 'us']);
    expect([old.open, old.waiting]).toEqual([false, 0]);
  });
});

describe('the probe of a region', () => {
  const other = (): SendingProject => ({ projectId: 'OTHER', access: accessTo('in', CANARY_PASSCODE, 'OTHER') });

  /** One request of the project is under way, and more of it and then one of another wait behind the gate. */
  function behindTheGate(limits: { perProject: number; total: number }) {
    const set = newContext({}, limits);
    set.begin({ deadlineMs: Infinity, timeoutMs: Infinity });
    const health = set.context.health(set.project.access);
    health.closeGate(0);
    const own = [1, 2, 3].map(() => set.begin({ patient: true }));
    const others = [1, 2].map(() => set.begin({ patient: true }, other()));
    const projectsAsked = () =>
      set.transport.exchanges.map(({ path }) => new URLSearchParams(path.split('?')[1]).get('account_id'));
    return { ...set, own, others, health, projectsAsked };
  }

  it('is not left to a project that is paused: the next takes its place', async () => {
    const { transport, health, own, others, projectsAsked } = behindTheGate({ perProject: 2, total: 3 });
    transport.exchanges[0]?.end(answer(429, '', '3600'));
    await vi.advanceTimersByTimeAsync(50);
    expect(projectsAsked()).toEqual(['TEST-111-222Z', 'OTHER']);
    transport.live[0]?.end(SUCCESS);
    transport.live[0]?.end(SUCCESS);
    expect([health.gate.open, others.map(({ ends }) => ends.length)]).toEqual([true, [1, 1]]);
    expect([own.map(({ ends }) => ends.length), transport.live.length]).toEqual([[0, 0, 0], 0]);
    // When its pause is over, it goes on as well.
    await vi.advanceTimersByTimeAsync(3_600_000);
    while (transport.live.length > 0) transport.live[0]?.end(SUCCESS);
    expect(own.map(({ ends }) => ends.length)).toEqual([1, 1, 1]);
  });

  it('is not left to a project whose requests hang and take all its places', async () => {
    const { transport, own, others, projectsAsked } = behindTheGate({ perProject: 1, total: 3 });
    await vi.advanceTimersByTimeAsync(50);
    expect(projectsAsked()).toEqual(['TEST-111-222Z', 'OTHER']);
    const [hanging, probe] = transport.live;
    probe?.end(SUCCESS);
    transport.live[1]?.end(SUCCESS);
    expect(others.map(({ ends }) => ends.length)).toEqual([1, 1]);
    hanging?.end(SUCCESS);
    while (transport.live.length > 0) transport.live[0]?.end(SUCCESS);
    expect(own.map(({ ends }) => ends.length)).toEqual([1, 1, 1]);
  });

  it('goes back to those who waited longest when their project has room again', async () => {
    const { transport, context, health, own, projectsAsked } = behindTheGate({ perProject: 1, total: 3 });
    await vi.advanceTimersByTimeAsync(50);
    const [hanging, probe] = transport.live;
    probe?.end(answer(503));
    hanging?.end(answer(400));
    expect([health.gate.open, transport.live.length]).toEqual([false, 0]);
    await vi.advanceTimersByTimeAsync(100);
    expect(projectsAsked()).toHaveLength(3);
    while (transport.live.length > 0) {
      transport.live[0]?.end(SUCCESS);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect([own.map(({ ends }) => ends.length), context.pending.size]).toEqual([[1, 1, 1], 0]);
  });

  it('keeps waiting where it is the total that is used up, whoever that is', async () => {
    const { transport, health, own, others, projectsAsked } = behindTheGate({
      perProject: 2,
      total: 1,
    });
    await vi.advanceTimersByTimeAsync(50);
    expect(projectsAsked()).toEqual(['TEST-111-222Z']);
    transport.live[0]?.end(answer(503));
    expect(projectsAsked()).toEqual(['TEST-111-222Z', 'TEST-111-222Z']);
    transport.live[0]?.end(SUCCESS);
    while (transport.live.length > 0) transport.live[0]?.end(SUCCESS);
    expect([...own, ...others].map(({ ends }) => ends.length)).toEqual([1, 1, 1, 1, 1]);
    expect(health.gate.open).toBe(true);
  });

  it.each([
    ['has to wait', answer(429, '', '3600'), 1],
    ['is on hold from then on', answer(401), 5],
  ])('that shows that its project %s lets the others through, and no more of its own', async (_, result, times) => {
    const { begin, transport, context, project } = newContext({}, { perProject: 5, total: 10 });
    for (let count = 1; count < times; count += 1) {
      begin();
      transport.live[0]?.end(result);
    }
    context.health(project.access).closeGate(0);
    for (let count = 0; count < 4; count += 1) begin({ patient: true });
    begin({ patient: true }, other());
    await vi.advanceTimersByTimeAsync(50);
    expect(transport.live).toHaveLength(1);
    transport.live[0]?.end(result);
    expect(transport.live.map(({ path }) => /account_id=(\w+)/.exec(path)?.[1])).toEqual(['OTHER']);
  });

  it('is not left to a project on hold either: its events fail, and the next takes its place', async () => {
    const { begin, transport, context, project } = newContext({}, { perProject: 2, total: 3 });
    for (let count = 0; count < 5; count += 1) {
      begin();
      transport.live[0]?.end(answer(401));
    }
    context.health(project.access).closeGate(0);
    const own = [1, 2].map(() => begin({ patient: true }));
    const { ends } = begin({ patient: true }, other());
    await vi.advanceTimersByTimeAsync(50);
    expect(own.map((one) => one.ends[0]?.error)).toMatchObject(Array(2).fill({ code: 'authentication', attempts: 0 }));
    transport.live[0]?.end(SUCCESS);
    expect(ends).toMatchObject([{ delivery: { attempts: 1, projectId: 'OTHER' } }]);
  });
});

/** One step of a story in which anything may happen at any time. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      patient: fc.boolean(),
      abortable: fc.boolean(),
      deadlineMs: fc.constantFrom(150, 900, 60_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      at: fc.nat(5),
      with: fc.constantFrom(
        SUCCESS,
        SUCCESS,
        answer(503),
        answer(503, '', '1'),
        answer(504),
        answer(400),
        answer(429),
        answer(429, '', '2'),
        answer(401),
        answer(401),
        BROKEN,
        { ...BROKEN, reset: true },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 20, 100, 500) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), at: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), at: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rotate' as const), region: fc.constantFrom('in', 'us') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort while told' as const), at: fc.nat(5) }) },
);

describe('whatever happens', () => {
  it('each sending ends exactly once, and nothing is left of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (story) => {
        const limits = { perProject: 2, total: 2 };
        const { begin, transport, context, observer, admission, onNotice, project } = newContext({}, limits);
        const all: { sending: Sending; ends: Settled[]; controller: AbortController }[] = [];
        const check = () => {
          expect(transport.live.length).toBeLessThanOrEqual(limits.perProject);
          expect(observer.inFlight).toBe(transport.live.length);
          const settled = all.filter(({ ends }) => ends.length > 0).length;
          expect([observer.accepted, observer.delivered + observer.failed]).toEqual([all.length, settled]);
          expect(all.every(({ ends }) => ends.length <= 1)).toBe(true);
        };
        for (const move of story) {
          switch (move.do) {
            case 'begin': {
              const { patient, deadlineMs, abortable } = move;
              const controller = new AbortController();
              const started = begin({ patient, deadlineMs, ...(abortable && { signal: controller.signal }) });
              all.push({ ...started, controller });
              break;
            }
            case 'end':
              transport.live[move.at]?.end(move.with);
              break;
            case 'wait':
              await vi.advanceTimersByTimeAsync(move.ms);
              break;
            case 'abort':
              all.at(-1 - move.at)?.controller.abort();
              break;
            case 'close': {
              const chosen = all.at(-1 - move.at);
              if (chosen?.ends.length === 0) chosen.sending.close();
              break;
            }
            case 'rotate':
              project.access = accessTo(move.region);
              admission.release(project.access);
              break;
            case 'shut':
              context.health(project.access).closeGate(0);
              break;
            case 'abort while told':
              onNotice.listener = () => {
                onNotice.listener = undefined;
                all.at(-1 - move.at)?.controller.abort();
              };
              break;
          }
          check();
        }
        // The service is well again: everything must come to its end by itself.
        for (let round = 0; round < 200 && observer.accepted > observer.delivered + observer.failed; round += 1) {
          for (const exchange of transport.live) exchange.end(SUCCESS);
          await vi.advanceTimersByTimeAsync(500);
          check();
        }
        expect(all.map(({ ends }) => ends.length)).toEqual(all.map(() => 1));
        expect([observer.inFlight, admission.projects, context.pending.size]).toEqual([0, 0, 0]);
        expect(all.map(({ controller }) => getEventListeners(controller.signal, 'abort').length)).toEqual(
          all.map(() => 0),
        );
        for (const { ends } of all) {
          const [end] = ends;
          if (end?.delivery !== undefined) expect(end.delivery.attempts).toBeGreaterThan(0);
          if (end?.error !== undefined && end.error.attempts === 0) expect(end.error.maybeRecorded).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  }, 60_000);
});
