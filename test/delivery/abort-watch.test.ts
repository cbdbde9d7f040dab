import { getEventListeners } from 'node:events';
import { describe, expect, it, vi, type Mock } from 'vitest';
import { AbortWatch } from '../../src/delivery/abort-watch.js';

function member(onAbort: () => void = () => undefined): { readonly onAbort: Mock<() => void> } {
  return { onAbort: vi.fn(onAbort) };
}

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('AbortWatch', () => {
  it('ends all members of a signal when it fires, in the order in which they came', () => {
    const watch = new AbortWatch();
    const [controller, other] = [new AbortController(), new AbortController()];
    const order: string[] = [];
    const [first, second, foreign] = [member(() => order.push('first')), member(() => order.push('second')), member()];
    watch.add(controller.signal, first);
    watch.add(controller.signal, second);
    watch.add(other.signal, foreign);
    controller.abort();
    expect(order).toEqual(['first', 'second']);
    expect(foreign.onAbort).not.toHaveBeenCalled();
  });

  it('listens once to a signal, however many share it, and not at all when the last has gone', () => {
    const watch = new AbortWatch();
    const { signal } = new AbortController();
    const members = Array.from({ length: 100 }, () => member());
    for (const each of members) watch.add(signal, each);
    expect(listeners(signal)).toBe(1);
    for (const each of members.slice(1)) watch.remove(signal, each);
    expect(listeners(signal)).toBe(1);
    for (const each of members.slice(0, 1)) watch.remove(signal, each);
    expect(listeners(signal)).toBe(0);
  });

  it('does not end a member that was removed, also while others are being ended', () => {
    const watch = new AbortWatch();
    const controller = new AbortController();
    const removed = member();
    watch.add(
      controller.signal,
      member(() => watch.remove(controller.signal, removed)),
    );
    watch.add(controller.signal, removed);
    controller.abort();
    expect(removed.onAbort).not.toHaveBeenCalled();
  });

  it('bears members that remove themselves when they are ended', () => {
    const watch = new AbortWatch();
    const controller = new AbortController();
    const members = Array.from({ length: 5 }, () => {
      const self = member(() => watch.remove(controller.signal, self));
      return self;
    });
    for (const each of members) watch.add(controller.signal, each);
    controller.abort();
    expect(members.map(({ onAbort }) => onAbort.mock.calls.length)).toEqual([1, 1, 1, 1, 1]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('can be given a signal again', () => {
    const watch = new AbortWatch();
    const controller = new AbortController();
    const [first, second] = [member(), member()];
    watch.add(controller.signal, first);
    watch.remove(controller.signal, first);
    watch.remove(controller.signal, first);
    watch.add(controller.signal, second);
    controller.abort();
    expect([first.onAbort.mock.calls.length, second.onAbort.mock.calls.length]).toEqual([0, 1]);
  });
});
