import { expect, it, onTestFinished, vi } from 'vitest';
import { StorageError } from '../../src/errors.js';
import { LastingConsumer } from '../../src/outbox/lasting-consumer.js';
import type { Consumer } from '../../src/outbox/queue.js';

const SOON = { initialDelayMs: 5, maxDelayMs: 5 };

function consumerDouble() {
  return {
    wake: vi.fn<Consumer['wake']>(),
    stop: vi.fn<Consumer['stop']>().mockResolvedValue({ settled: 1, handedBack: 2 }),
  };
}

it('begins as often as it takes, and tells of each time in vain', async () => {
  const consumer = consumerDouble();
  const begin = vi.fn<() => Promise<Consumer>>().mockResolvedValue(consumer);
  begin.mockRejectedValueOnce(new StorageError('away')).mockRejectedValueOnce(new Error('foreign words'));
  const onTrouble = vi.fn();
  const lasting = new LastingConsumer({ begin, onTrouble, schedule: SOON });
  await lasting.start();
  await lasting.start();
  expect(begin).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(begin).toHaveBeenCalledTimes(3));
  expect(onTrouble.mock.calls.map(([error]) => (error as Error).message)).toEqual([
    'away',
    'the queue failed unexpectedly',
  ]);
  await lasting.start();
  lasting.wake();
  expect(consumer.wake).toHaveBeenCalledTimes(1);
  expect(await lasting.stop({ timeoutMs: 7, graceMs: 1 })).toEqual({ settled: 1, handedBack: 2 });
  expect(consumer.stop).toHaveBeenCalledWith({ timeoutMs: 8 });
});

it('tries no more once it is stopped', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const begin = vi.fn<() => Promise<Consumer>>().mockRejectedValue(new StorageError('away'));
  const lasting = new LastingConsumer({ begin, onTrouble: vi.fn() });
  await lasting.start();
  await lasting.stop({ timeoutMs: 0, graceMs: 0 });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(begin).toHaveBeenCalledTimes(1);
});

it('stops what begins while it is being stopped', async () => {
  const consumer = consumerDouble();
  let begun: (consumer: Consumer) => void = () => undefined;
  const lasting = new LastingConsumer({
    begin: () => new Promise((resolve) => (begun = resolve)),
    onTrouble: vi.fn(),
  });
  void lasting.start();
  const stopping = lasting.stop({ timeoutMs: 0, graceMs: 0 });
  begun(consumer);
  await stopping;
  expect(consumer.stop).toHaveBeenCalledTimes(1);
});

it('has nothing to report if it never began', async () => {
  const lasting = new LastingConsumer({ begin: vi.fn(), onTrouble: vi.fn() });
  lasting.wake();
  expect(await lasting.stop({ timeoutMs: 0, graceMs: 0 })).toEqual({ settled: 0, handedBack: 0 });
});

it('does not wait for a beginning longer than it may, and stops what comes of it', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const consumer = consumerDouble();
  let begun: (consumer: Consumer) => void = () => undefined;
  const lasting = new LastingConsumer({
    begin: () => new Promise((resolve) => (begun = resolve)),
    onTrouble: vi.fn(),
  });
  void lasting.start();
  const stopping = lasting.stop({ timeoutMs: 50, graceMs: 1_000 });
  await vi.advanceTimersByTimeAsync(50);
  expect(await stopping).toEqual({ settled: 0, handedBack: 0 });
  begun(consumer);
  await vi.advanceTimersByTimeAsync(0);
  expect(consumer.stop).toHaveBeenCalledWith({ timeoutMs: 0 });
});
