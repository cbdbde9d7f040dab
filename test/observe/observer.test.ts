import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';
import type { EventTelemetry, Telemetry, TelemetryEvent } from '../../src/observe/telemetry.js';
import { NOTICES } from '../support/notices.js';

const notice: Notice = { type: 'retries_resumed', region: 'in', host: 'in1.api.clevertap.com' };

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a listener', () => {
  it('is told what happens', () => {
    const told: Notice[] = [];
    const observer = new Observer((each) => told.push(each));
    expect(observer.listening).toBe(true);
    observer.notify(notice);
    expect(told).toEqual([notice]);
  });

  it('need not be there', () => {
    const observer = new Observer(undefined);
    expect(observer.listening).toBe(false);
    expect(() => observer.notify(notice)).not.toThrow();
  });

  it('that throws or rejects is reported once, in words of our own', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    let calls = 0;
    // Typed as one that gives nothing back, an async function passes for a listener.
    const listener = (): void => {
      calls += 1;
      if (calls === 2) throw new Error('secret');
      return (calls === 1 ? Promise.reject(new Error('secret')) : undefined) as unknown as undefined;
    };
    const observer = new Observer(listener);
    observer.notify(notice);
    await vi.waitFor(() => expect(emitWarning).toHaveBeenCalled());
    observer.notify(notice);
    observer.notify(notice);
    expect(calls).toBe(3);
    expect(emitWarning.mock.calls).toEqual([
      ['onNotice threw; the events are not affected, but notices may be lost', 'ClevertapAttributionWarning'],
    ]);
  });
});

/** An async function passes for one that gives nothing back, where it is passed on. */
const rejecting = (): never => Promise.reject(new Error('secret')) as never;

describe('a logger', () => {
  const quiet = { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };

  it.each([
    ['a function', 'logger', rejecting],
    ['a method', 'logger', { ...quiet, info: rejecting }],
    ['the check of a level', 'isLevelEnabled of the logger', { ...quiet, isLevelEnabled: rejecting }],
  ])('of which %s rejects is reported once, in words of our own', async (_, name, logger) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const observer = new Observer(undefined, { logger });
    observer.notify(notice);
    observer.notify(notice);
    await vi.waitFor(() => expect(emitWarning).toHaveBeenCalled());
    expect(emitWarning.mock.calls).toEqual([
      [`${name} threw; the events are not affected, but notices may be lost`, 'ClevertapAttributionWarning'],
    ]);
  });
});

const event: Omit<TelemetryEvent, 'method'> = {
  projectId: 'P',
  region: 'in',
  host: 'in1.api.clevertap.com',
  eventType: 'custom',
  path: '/attribution',
  forwardedBy: undefined,
};

const [attempt] = NOTICES as [Notice];

describe('a telemetry', () => {
  it('follows an event, and has the others told within what it runs', () => {
    const told: string[] = [];
    const followed: EventTelemetry = {
      onProgress: ({ type }) => told.push(`progress ${type}`),
      run: (work) => {
        told.push('enter');
        work();
        told.push('leave');
      },
    };
    const begun: TelemetryEvent[] = [];
    const telemetry: Telemetry = {
      begin: (each) => {
        begun.push(each);
        return followed;
      },
    };
    const observer = new Observer(({ type }) => told.push(`notice ${type}`), { telemetry, method: 'POST' });
    expect([observer.tracing, observer.listening]).toEqual([true, true]);
    observer.notify(attempt, observer.begin(event));
    expect(begun).toEqual([{ ...event, method: 'POST' }]);
    expect(told).toEqual(['enter', 'notice attempt', 'leave', 'progress attempt']);
  });

  it('that rejects wherever it is called is reported once', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const telemetry: Telemetry = { begin: rejecting, capture: rejecting, attach: rejecting };
    const observer = new Observer(undefined, { telemetry });
    observer.attach({ method: 'GET', counters: () => observer.snapshot(), regions: () => [] });
    observer.capture();
    observer.begin(event);
    observer.notify(attempt, { onProgress: rejecting, run: rejecting });
    observer.detach();
    await vi.waitFor(() => expect(emitWarning).toHaveBeenCalled());
    expect(emitWarning).toHaveBeenCalledOnce();
  });

  it('that throws costs nobody else a notice, and is reported once', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const fail = (): never => {
      throw new Error('secret');
    };
    const told: Notice[] = [];
    const telemetry = { attach: fail, capture: fail, begin: () => ({ onProgress: fail, run: fail }) };
    const observer = new Observer((each) => told.push(each), { telemetry });
    observer.attach({ method: 'GET', counters: () => observer.snapshot(), regions: () => [] });
    expect(observer.capture()).toBeUndefined();
    observer.notify(attempt, observer.begin(event));
    expect(told).toEqual([attempt]);
    expect(new Observer(undefined, { telemetry: { begin: fail } }).begin(event)).toBeUndefined();
    expect(emitWarning.mock.calls.map(([message]) => message)).toEqual([
      'telemetry threw; the events are not affected, but notices may be lost',
      'telemetry threw; the events are not affected, but notices may be lost',
    ]);
  });

  it('that runs the others never or twice has them told once', () => {
    const twice = (work: () => void): void => {
      work();
      work();
    };
    for (const run of [() => undefined, twice]) {
      const told: Notice[] = [];
      const telemetry: Telemetry = { begin: () => ({ onProgress: () => undefined, run }) };
      const observer = new Observer((each) => told.push(each), { telemetry });
      observer.notify(attempt, observer.begin(event));
      expect(told).toEqual([attempt]);
    }
  });

  it('can read the figures until the client is closed', () => {
    const attached: string[] = [];
    const telemetry: Telemetry = {
      begin: () => undefined,
      attach: ({ method }) => {
        attached.push(method);
        return () => attached.push('detached');
      },
    };
    const observer = new Observer(undefined, { telemetry });
    observer.attach({ method: 'GET', counters: () => observer.snapshot(), regions: () => [] });
    expect(attached).toEqual(['GET']);
    observer.detach();
    observer.detach();
    expect(attached).toEqual(['GET', 'detached']);
  });
});

describe('a logger', () => {
  it('that throws is reported by its name, and costs the listener no notice', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const told: Notice[] = [];
    const logger = (): never => {
      throw new Error('secret');
    };
    const observer = new Observer((each) => told.push(each), { logger });
    observer.notify(notice);
    observer.notify(notice);
    expect(told).toEqual([notice, notice]);
    expect(emitWarning.mock.calls).toEqual([
      ['logger threw; the events are not affected, but notices may be lost', 'ClevertapAttributionWarning'],
    ]);
  });
});

describe('the totals', () => {
  it('are a copy', () => {
    const observer = new Observer(undefined);
    const before = observer.snapshot();
    observer.accepted = 3;
    observer.delivered = 1;
    observer.countFailure('network');
    expect(before).toMatchObject({ accepted: 0, failedByCode: {} });
    const after = observer.snapshot();
    observer.countFailure('network');
    observer.countFailure('closed');
    expect(after).toMatchObject({ accepted: 3, delivered: 1, failed: 1, failedByCode: { network: 1 }, pending: 1 });
    expect(observer.snapshot()).toMatchObject({ failed: 3, failedByCode: { network: 2, closed: 1 } });
  });
});
