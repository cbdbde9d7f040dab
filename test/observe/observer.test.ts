import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Notice } from '../../src/observe/notice.js';
import { Observer } from '../../src/observe/observer.js';

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
