import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import { chooseDriver, currentSurroundings } from '../../../src/outbox/sqlite/driver-choice.js';
import { StoreThread } from '../../../src/outbox/sqlite/store-thread.js';
import { failureOf } from '../../support/failure-of.js';
import { item } from './store-fixture.js';
import { workFolder } from './work-folder.js';

const folder = await workFolder();

/** A thread whose driver does what a script says as soon as it is used. */
function startWith(name: string, whenUsed: string): StoreThread {
  const specifier = join(folder, `${name}.cjs`);
  writeFileSync(specifier, `module.exports = class { close() {} exec() { ${whenUsed} } prepare() { ${whenUsed} } };`);
  return new StoreThread({
    path: join(folder, 'none.db'),
    drivers: { candidates: [{ name: 'better-sqlite3', specifier }], reasons: [] },
    options: { maxEvents: 1, maxBytes: 1, maxShare: 1, rememberMs: 0, lockTimeoutMs: 0 },
  });
}

function startOn(name: string): StoreThread {
  return new StoreThread({
    path: join(folder, name),
    drivers: chooseDriver(currentSurroundings()),
    options: { maxEvents: 10_000, maxBytes: 2 ** 30, maxShare: 1, rememberMs: 0, lockTimeoutMs: 5_000 },
  });
}

it('rejects all that waits if the thread ends, and whatever comes after', async () => {
  const thread = startWith('exits', 'process.exit(3)');
  const failures = await Promise.all([failureOf(thread.call('add', [])), failureOf(thread.call('stats', null))]);
  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'storage', retryable: true });
    expect(failure.message).toContain('the thread that keeps the outbox file ended');
  }
  expect(thread.isRunning).toBe(false);
  expect(await failureOf(thread.call('stats', null))).toMatchObject({ code: 'storage' });
  await thread.close();
});

it('rejects with what the file could not be opened for', async () => {
  const thread = startWith('fails', "throw new Error('the disk is on fire')");
  expect((await failureOf(thread.call('stats', null))).message).toBe(
    'the outbox file could not be opened: the disk is on fire. What was accepted before is kept.',
  );
  await thread.close();
});

it('gives what it has answered, though the thread ends while much of that still waits for its turn', async () => {
  const thread = startOn('much.db');
  const calls = Array.from({ length: 3_000 }, async (_, index) => {
    const known = await thread.call('add', [item(`${index}`)]);
    // Callers that keep the event loop busy, so that the thread has ended before the last of them has its turn.
    for (const until = performance.now() + 0.1; performance.now() < until;);
    return known;
  });
  const [known] = await Promise.all([Promise.all(calls), thread.close()]);
  expect(known).toEqual(calls.map(() => []));
});

it('has what many callers ask for one after another go together, so that few syncs serve all', async () => {
  const thread = startOn('together.db');
  await thread.call('stats', null);
  const messages = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => messages.mockRestore());
  const call = async (_: unknown, caller: number) => {
    for (let turn = 0; turn < 4; turn += 1) await thread.call('add', [item(`${caller}-${turn}`)]);
  };
  await Promise.all(Array.from({ length: 512 }, call));
  expect(messages.mock.calls.length, 'messages for 2,048 requests').toBeLessThan(30);
  await thread.close();
});
