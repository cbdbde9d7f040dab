import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../../src/contract/access.js';
import { parseCredentials } from '../../src/contract/credentials.js';
import { Partner } from '../../src/contract/partner.js';
import { eventSchema } from '../../src/contract/event-schema.js';
import { AbortWatch } from '../../src/delivery/abort-watch.js';
import { Deadlines } from '../../src/delivery/deadlines.js';
import type { Delivery } from '../../src/delivery/delivery.js';
import type { AttemptOutcome } from '../../src/delivery/outcome.js';
import { ProjectHealth } from '../../src/delivery/project-health.js';
import { RegionHealth } from '../../src/delivery/region-health.js';
import { Sending } from '../../src/delivery/sending.js';
import type { SendingContext, SendingSettings } from '../../src/delivery/sending-context.js';
import type { OutcomeListener } from '../../src/delivery/transport.js';
import type { AnyAttributionError } from '../../src/errors.js';
import { ConcurrencyLimiter } from '../../src/forward/concurrency-limiter.js';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';
import type { TelemetryEvent } from '../../src/observe/telemetry.js';
import { CANARY_PASSCODE, canaryCredentials } from '../support/canary.js';
import { inorganicInstall } from '../support/events.js';

// What a sending tells its caller, its listeners and the counters; how it goes on its way is in sending.test.ts.

const SUCCESS: AttemptOutcome = { kind: 'answer', status: 200, retryAfter: undefined, body: '{"status":"success"}' };
const UNAVAILABLE: AttemptOutcome = { kind: 'answer', status: 503, retryAfter: undefined, body: 'down' };
const GATEWAY: AttemptOutcome = { ...UNAVAILABLE, status: 504, body: '' };
const BAD_REQUEST: AttemptOutcome = { ...UNAVAILABLE, status: 400, body: 'no' };

const HOST = 'in1.api.clevertap.com';
const about = { projectId: 'TEST-111-222Z', region: 'in', host: HOST, eventType: 'inorganic_install' };
const event = eventSchema.parse(inorganicInstall());

function accessWith(projectPasscode = CANARY_PASSCODE, maxUrlBytes?: number): Access {
  const credentials = parseCredentials(canaryCredentials({ region: 'in', projectPasscode }));
  return new Access(new Partner({ partnerName: 'airbridge', maxUrlBytes }), credentials);
}

interface Setting {
  readonly requireConfirmation?: boolean;
  readonly triesAgain?: () => boolean;
  readonly places?: number;
  readonly listened?: boolean;
}

function newContext({
  requireConfirmation = false,
  triesAgain = () => true,
  places = 10,
  listened = true,
}: Setting = {}) {
  const requests: { listener: OutcomeListener; path: string; cancelled: boolean }[] = [];
  const notices: Notice[] = [];
  const followed: unknown[] = [];
  const begun: TelemetryEvent[] = [];
  const telemetry = {
    begin: (of: TelemetryEvent) => {
      begun.push(of);
      return { onProgress: (notice: unknown) => followed.push(notice) };
    },
  };
  let listener: ((notice: Notice) => unknown) | undefined;
  const observer = new Observer(
    (notice) => {
      notices.push(notice);
      listener?.(notice);
    },
    { telemetry },
  );
  const hear = (as: (notice: Notice) => unknown) => (listener = as);
  const silent = new Observer(undefined);
  const retry = {
    maxAttempts: 3,
    initialDelayMs: 100,
    maxDelayMs: 100,
    factor: 1,
    whenMaybeRecorded: 'retry',
  } as const;
  const project = { projectId: 'TEST-111-222Z', access: accessWith() };
  const health = new RegionHealth(project.access.endpoint, retry, observer);
  const onEnd = vi.fn();
  const context: SendingContext = {
    transport: {
      start: (_endpoint, path, _timeoutMs, listener) => {
        const request = { listener, path, cancelled: false };
        requests.push(request);
        return { over: false, cancel: () => (request.cancelled = true) };
      },
      warmUp: () => Promise.resolve({ connections: 0, error: undefined }),
      halt: () => undefined,
      close: () => Promise.resolve(),
    },
    admission: new ConcurrencyLimiter(
      { perProject: places, total: places },
      (projectId) => new ProjectHealth(projectId, places, retry, observer),
    ),
    observer: listened ? observer : silent,
    pending: new Deadlines<Sending>(),
    signals: new AbortWatch(),
    retry,
    requireConfirmation,
    health: () => health,
    triesAgain,
    onEnd,
  };
  const begin = (settings: Partial<SendingSettings> = {}) => {
    const ends: (Delivery | AnyAttributionError)[] = [];
    const all = { timeoutMs: 1000, deadlineMs: 5000, patient: false, ...settings };
    const listener = {
      onDelivered: (end: Delivery) => ends.push(end),
      onFailed: (end: AnyAttributionError) => ends.push(end),
    };
    const sending = new Sending(context, project, event, all, listener);
    sending.start();
    return { sending, ends };
  };
  const answer = (outcome: AttemptOutcome) => requests.at(-1)?.listener.onOutcome(outcome);
  const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return {
    context,
    project,
    health,
    requests,
    notices,
    followed,
    begun,
    observer: context.observer,
    onEnd,
    begin,
    hear,
    answer,
    tick,
  };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

function spend(health: RegionHealth): void {
  while (health.budget.take());
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a delivery', () => {
  it('says how it went, after how long, and to whom it went', async () => {
    const { begin, answer, tick, observer, onEnd } = newContext();
    const { ends } = begin();
    await tick(20);
    answer(SUCCESS);
    expect(ends).toEqual([
      {
        confirmed: true,
        attempts: 1,
        maybeDuplicate: false,
        status: 200,
        durationMs: 20,
        projectId: 'TEST-111-222Z',
        region: 'in',
        host: HOST,
      },
    ]);
    expect(observer.snapshot()).toMatchObject({ delivered: 1, unconfirmed: 0, maybeDuplicate: 0, failed: 0 });
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('that nobody confirmed is counted as such, or is none where confirmation is required', () => {
    const vague = { ...SUCCESS, status: 204, body: '' };
    const lax = newContext();
    const { ends } = lax.begin();
    lax.answer(vague);
    expect(ends).toMatchObject([{ confirmed: false, status: 204 }]);
    expect(lax.observer.snapshot()).toMatchObject({ delivered: 1, unconfirmed: 1 });
    const strict = newContext({ requireConfirmation: true });
    const refused = strict.begin();
    strict.answer(vague);
    expect(refused.ends).toMatchObject([{ code: 'unconfirmed', maybeRecorded: true }]);
  });

  it('after an attempt that may have been recorded may be there twice, and is counted as such', async () => {
    const { begin, answer, tick, observer } = newContext();
    const { ends } = begin();
    answer(GATEWAY);
    await tick(50);
    answer(UNAVAILABLE);
    await tick(50);
    answer(SUCCESS);
    expect(ends).toMatchObject([{ attempts: 3, maybeDuplicate: true }]);
    expect(observer.snapshot()).toMatchObject({ maybeDuplicate: 1, attempts: 3, retries: 2 });
  });
});

describe('listeners and telemetry', () => {
  it('are told of each attempt, each retry and the end, in order', async () => {
    const { begin, answer, tick, notices, followed, begun } = newContext();
    begin({ forwardedBy: 'a forward' });
    expect(begun).toEqual([{ ...about, method: 'GET', path: '/attribution', forwardedBy: 'a forward' }]);
    await tick(10);
    answer(GATEWAY);
    await tick(50);
    await tick(7);
    answer(SUCCESS);
    const told = [
      {
        type: 'attempt',
        ...about,
        attempt: 1,
        outcome: 'service_unavailable',
        status: 504,
        maybeRecorded: true,
        durationMs: 10,
      },
      { type: 'retry', ...about, attempt: 1, code: 'service_unavailable', delayMs: 50 },
      { type: 'attempt', ...about, attempt: 2, outcome: 'delivered', status: 200, maybeRecorded: false, durationMs: 7 },
      { type: 'delivered', ...about, attempts: 2, confirmed: true, maybeDuplicate: true, status: 200, durationMs: 67 },
    ];
    expect(notices).toEqual(told);
    expect(followed).toEqual(told);
  });

  it('are told of an event that failed, with its error', () => {
    const { begin, answer, notices, followed, observer, onEnd } = newContext();
    const { ends } = begin();
    answer(BAD_REQUEST);
    const told = [
      {
        type: 'attempt',
        ...about,
        attempt: 1,
        outcome: 'bad_request',
        status: 400,
        maybeRecorded: false,
        durationMs: 0,
      },
      { type: 'failed', ...about, error: ends[0] },
    ];
    expect(notices).toEqual(told);
    expect(followed).toEqual(told);
    expect(observer.snapshot()).toMatchObject({ failed: 1, failedByCode: { bad_request: 1 }, inFlight: 0 });
    expect(onEnd).toHaveBeenCalledOnce();
  });

  it('are told of an attempt that was broken off', async () => {
    const { begin, tick, notices, health } = newContext();
    begin({ deadlineMs: 30 });
    await tick(30);
    expect(notices).toMatchObject([
      { type: 'attempt', attempt: 1, outcome: 'timeout', status: undefined, maybeRecorded: true, durationMs: 30 },
      { type: 'failed', error: { code: 'timeout' } },
    ]);
    expect(health.report()).toMatchObject({ requests: 1, delivered: 0 });
  });

  it('hear nothing of the service where it is the caller who broke it off', () => {
    const { begin, notices, health } = newContext();
    begin().sending.close();
    expect(notices).toMatchObject([{ type: 'attempt', outcome: 'closed' }, { type: 'failed' }]);
    expect(health.report().requests).toBe(0);
  });

  it('are told of no attempt where an event is given up while none is under way', async () => {
    const { begin, answer, tick, notices, health } = newContext();
    const { sending } = begin();
    answer(UNAVAILABLE);
    await tick(10);
    sending.close();
    expect(notices.map(({ type }) => type)).toEqual(['attempt', 'retry', 'failed']);
    expect(health.report().requests).toBe(1);
  });

  it('are not needed for it to go its way', async () => {
    const { begin, answer, tick, notices, observer } = newContext({ listened: false });
    const { ends } = begin();
    answer(UNAVAILABLE);
    await tick(50);
    answer(SUCCESS);
    begin().sending.close();
    expect([ends.length, notices]).toEqual([1, []]);
    expect(observer.snapshot()).toMatchObject({ accepted: 2, delivered: 1, failed: 1, inFlight: 0 });
  });
});

describe('an event whose time is up', () => {
  it('says that a request was under way', async () => {
    const { begin, tick } = newContext();
    const { ends } = begin();
    await tick(5000);
    expect(ends).toMatchObject([
      {
        code: 'timeout',
        message: 'deadlineMs of 5000 ms passed while a request was under way',
        attempts: 1,
        host: HOST,
        projectId: 'TEST-111-222Z',
      },
    ]);
  });

  it('says what the attempt before had come to', async () => {
    const { begin, answer, tick } = newContext();
    const { ends } = begin();
    answer(UNAVAILABLE);
    await tick(5000);
    expect(ends).toMatchObject([
      {
        message: `deadlineMs of 5000 ms passed while a request was under way; before, ${HOST} answered 503 (down)`,
        status: 503,
      },
    ]);
  });

  it('has no more of it after a wait for a place', async () => {
    const { begin, answer, tick, requests } = newContext({ places: 1 });
    begin({ deadlineMs: 60_000 });
    const { ends } = begin();
    await tick(3000);
    answer(SUCCESS);
    expect(requests).toHaveLength(2);
    await tick(1999);
    expect(ends).toEqual([]);
    await tick(1);
    expect(ends).toMatchObject([{ code: 'timeout', attempts: 1 }]);
  });

  it('says so ahead where the server asks to wait for longer than is left', async () => {
    const { begin, answer, tick } = newContext();
    const { ends } = begin();
    await tick(3000);
    answer({ ...UNAVAILABLE, retryAfter: '4' });
    await tick(0);
    expect(ends).toMatchObject([
      {
        code: 'service_unavailable',
        message: `${HOST} answered 503 (down); gave up after 1 attempt: it asks to wait 4 s, longer than the 2 s left of deadlineMs`,
        retryAfterMs: 4000,
      },
    ]);
  });

  it('says that it waited for a place', async () => {
    const { begin, tick } = newContext({ places: 1 });
    begin({ deadlineMs: 60_000 });
    const { ends } = begin();
    await tick(5000);
    expect(ends).toMatchObject([
      {
        message: 'deadlineMs of 5000 ms passed while the event waited for a place among the requests in flight',
        attempts: 0,
        maybeRecorded: false,
      },
    ]);
  });

  it('says that it waited for its next attempt, where a clock that jumps lets it come to that', async () => {
    const { begin, answer, tick, context } = newContext();
    const { sending, ends } = begin();
    answer(UNAVAILABLE);
    await tick(10);
    context.pending.remove(sending);
    sending.onExpired();
    expect(ends).toMatchObject([
      {
        message: `deadlineMs of 5000 ms passed while the event waited for its next attempt; before, ${HOST} answered 503 (down)`,
      },
    ]);
  });
});

describe('an event that is given up', () => {
  it('by its caller says so, with the caller’s reason', () => {
    const { begin, requests } = newContext();
    const controller = new AbortController();
    const { ends } = begin({ signal: controller.signal });
    controller.abort('no longer needed');
    expect(ends).toMatchObject([
      { code: 'aborted', message: 'the caller aborted the event', cause: 'no longer needed' },
    ]);
    expect(requests.map(({ cancelled }) => cancelled)).toEqual([true]);
  });

  it('with others by one signal hands its place to none of them', () => {
    const { begin, requests } = newContext({ places: 1 });
    const { signal, abort } = abortable();
    const all = [1, 2, 3].map(() => begin({ signal }));
    abort();
    expect(all.map(({ ends }) => ends)).toMatchObject(Array(3).fill([{ code: 'aborted' }]));
    expect(requests).toHaveLength(1);
  });

  it('since the client closes says so', () => {
    const { begin } = newContext();
    const { sending, ends } = begin();
    sending.close();
    expect(ends).toMatchObject([{ code: 'closed', message: 'the client was closed before the event was delivered' }]);
  });

  it('by a listener that hears of its last attempt has ended once, and as given up', () => {
    const { begin, answer, observer, hear } = newContext();
    const { sending, ends } = begin();
    hear(({ type }) => type === 'attempt' && sending.close());
    answer(BAD_REQUEST);
    expect(ends).toMatchObject([{ code: 'closed', attempts: 1, status: 400 }]);
    expect(observer.snapshot()).toMatchObject({ failed: 1, inFlight: 0 });
  });

  it('hears no answer that comes all the same', () => {
    const { begin, answer, observer, notices } = newContext();
    const { sending, ends } = begin();
    sending.close();
    const told = notices.length;
    answer(SUCCESS);
    expect([ends.length, notices.length]).toEqual([1, told]);
    expect(observer.snapshot()).toMatchObject({ delivered: 0, failed: 1, inFlight: 0 });
  });

  it('gives back its place, or its place in the queue, or neither where it has none', async () => {
    const { begin, answer, tick, context } = newContext({ places: 1 });
    const leave = vi.spyOn(context.admission, 'leave');
    const withdraw = vi.spyOn(context.admission, 'withdraw');
    const [flying, waiting] = [begin(), begin()];
    waiting.sending.close();
    expect([leave.mock.calls, withdraw.mock.calls]).toEqual([[], [[waiting.sending]]]);
    flying.sending.close();
    expect([leave.mock.calls.length, withdraw.mock.calls.length]).toEqual([1, 1]);
    const pausing = begin();
    answer(UNAVAILABLE);
    await tick(10);
    expect(leave).toHaveBeenCalledTimes(2);
    pausing.sending.close();
    expect([leave.mock.calls.length, withdraw.mock.calls.length]).toEqual([2, 1]);
  });

  it('unless a request is under way stays where one is', async () => {
    const { begin, answer, tick } = newContext({ places: 1 });
    const [flying, waiting] = [begin(), begin()];
    for (const { sending } of [flying, waiting]) sending.closeUnlessInFlight();
    expect([flying.ends, waiting.ends]).toMatchObject([[], [{ code: 'closed', attempts: 0 }]]);
    answer(UNAVAILABLE);
    await tick(10);
    flying.sending.closeUnlessInFlight();
    expect(flying.ends).toMatchObject([{ code: 'closed', attempts: 1, status: 503 }]);
  });

  it('since no further attempt is made for a client that closes, ends as closed where it might have been retried', () => {
    const { begin, answer } = newContext({ triesAgain: () => false });
    const [retryable, final] = [begin(), begin()];
    answer(BAD_REQUEST);
    expect(final.ends).toMatchObject([{ code: 'bad_request' }]);
    retryable.sending.onOutcome(UNAVAILABLE);
    expect(retryable.ends).toMatchObject([{ code: 'closed', attempts: 1, status: 503 }]);
  });

  it('since new credentials made it too long says which of its fields is the longest', async () => {
    const { begin, answer, tick, project, observer } = newContext();
    const { ends } = begin();
    answer(UNAVAILABLE);
    project.access = accessWith('x'.repeat(300), 400);
    await tick(50);
    expect(ends).toMatchObject([
      { code: 'validation', attempts: 1, status: 503, projectId: 'TEST-111-222Z', host: HOST },
    ]);
    expect(ends[0]).toHaveProperty('message', expect.stringMatching(/^event: /));
    expect(ends[0]).toHaveProperty('issues.0.message', expect.stringContaining('maxUrlBytes'));
    expect(observer.inFlight).toBe(0);
  });
});

describe('a region whose retry budget is used up', () => {
  it('fails what cannot wait, and says why it is not tried again', async () => {
    const { begin, answer, tick, health, notices } = newContext();
    spend(health);
    const { ends } = begin();
    answer(UNAVAILABLE);
    await tick(0);
    expect(ends).toMatchObject([
      {
        code: 'service_unavailable',
        message: `${HOST} answered 503 (down); not tried again, since the retry budget of region "in" is used up`,
      },
    ]);
    expect(health.gate.open).toBe(true);
    // What is not tried again is no retry to tell of.
    expect(notices.map(({ type }) => type)).toEqual(['attempt', 'failed']);
  });

  it('has what can wait do so behind its gate', async () => {
    const { begin, answer, tick, health, requests, notices } = newContext();
    spend(health);
    const { ends } = begin({ patient: true });
    answer({ ...UNAVAILABLE, retryAfter: '2' });
    await tick(1999);
    expect([ends, health.gate.open, requests.length]).toEqual([[], false, 1]);
    expect(notices.filter(({ type }) => type === 'retry')).toMatchObject([{ delayMs: 2000 }]);
    await tick(1);
    expect(requests).toHaveLength(2);
    answer(SUCCESS);
    expect([ends.length, health.gate.open]).toEqual([1, true]);
  });

  it('waits on behind a probe that gets no answer in time', async () => {
    const { begin, tick, health, requests } = newContext();
    health.closeGate(0);
    const probe = begin({ patient: true, deadlineMs: 1000 });
    begin({ patient: true });
    await tick(50 + 1000);
    expect(probe.ends).toMatchObject([{ code: 'timeout', attempts: 1 }]);
    expect(requests).toHaveLength(1);
    await tick(50);
    expect([requests.length, health.gate.open]).toEqual([2, false]);
  });

  it('has another probe at once for one that its caller gave up', async () => {
    const { begin, tick, health, requests } = newContext();
    health.closeGate(0);
    const probe = begin({ patient: true });
    begin({ patient: true });
    await tick(50);
    expect(requests).toHaveLength(1);
    probe.sending.close();
    expect([requests.length, health.gate.open]).toEqual([2, false]);
  });

  it('costs nobody a retry who was asked to slow down', async () => {
    const { begin, answer, tick, health } = newContext();
    begin();
    const before = health.budget.left;
    answer({ ...UNAVAILABLE, status: 429 });
    await tick(50);
    expect(health.budget.left).toBe(before);
  });

  it('takes no more out of it for those behind its gate, who wait at least as long as they were asked to', async () => {
    const { begin, answer, tick, health, notices } = newContext();
    begin({ patient: true, deadlineMs: 60_000 });
    health.closeGate(0);
    const before = health.budget.left;
    answer({ ...UNAVAILABLE, retryAfter: '3' });
    await tick(0);
    expect(health.budget.left).toBe(before);
    expect(notices.filter(({ type }) => type === 'retry')).toMatchObject([{ delayMs: 3000 }]);
  });
});
