import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEmulator, startEmulator, type Emulator, type Fault } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';
import { RawConnection } from './raw-connection.js';

const ACCOUNTS = ['TEST-111-222Z', 'OTHER'].map((projectId) => canaryCredentials({ projectId }));
const SLOW = { kind: 'latency', ms: 50 } as const;

type Ask = (path: string) => Promise<number>;

async function overSockets(): Promise<{ emulator: Emulator; ask: Ask; url: string }> {
  const emulator = await startEmulator({ listen: 'single', accounts: ACCOUNTS });
  const agent = new Agent();
  onTestFinished(async () => {
    await agent.destroy();
    await emulator.close();
  });
  const ask = async (path: string) => {
    const { statusCode, body } = await request(`${emulator.baseUrl}${path}`, { dispatcher: agent });
    await body.dump();
    return statusCode;
  };
  return { emulator, ask, url: emulator.baseUrl };
}

function withHandle(): { emulator: Emulator; ask: Ask } {
  const emulator = createEmulator({ accounts: ACCOUNTS });
  return {
    emulator,
    ask: async (path) => (await emulator.handle(new Request(`https://localhost${path}`))).status,
  };
}

function withDispatcher(): { emulator: Emulator; ask: Ask } {
  const emulator = createEmulator({ accounts: ACCOUNTS });
  const dispatcher = emulator.dispatcher();
  const ask = async (path: string) => {
    const { statusCode, body } = await request(`https://localhost${path}`, { dispatcher });
    await body.dump();
    return statusCode;
  };
  return { emulator, ask };
}

describe.each<[string, () => { emulator: Emulator; ask: Ask } | Promise<{ emulator: Emulator; ask: Ask }>]>([
  ['over sockets', overSockets],
  ['with handle()', withHandle],
  ['with a dispatcher', withDispatcher],
])('parallel_limit %s', (_, setUp) => {
  it('answers 429 to those above it, and lets others in again once its answers are sent', async () => {
    const { emulator, ask } = await setUp();
    const limit = emulator.faults.add({ kind: 'parallel_limit', most: 2, retryAfter: 7 });
    emulator.faults.add(SLOW);
    for (let round = 1; round <= 3; round += 1) {
      const statuses = await Promise.all([1, 2, 3, 4, 5].map(() => ask(target())));
      expect(statuses.sort()).toEqual([200, 200, 429, 429, 429]);
      expect(limit.struck).toBe(3 * round);
    }
    expect(emulator.counts).toMatchObject({ recorded: 6, faults: 9, byStatus: { 200: 6, 429: 9 } });
  });

  it('counts each account by itself', async () => {
    const { emulator, ask } = await setUp();
    emulator.faults.add({ kind: 'parallel_limit', most: 1 });
    emulator.faults.add(SLOW);
    const paths = [target(), target({ account_id: 'OTHER' })];
    expect(await Promise.all(paths.map(ask))).toEqual([200, 200]);
    expect((await Promise.all([...paths, ...paths].map(ask))).sort()).toEqual([200, 200, 429, 429]);
  });

  it('counts those whose answer another fault decides, whichever way that ends', async () => {
    const { emulator, ask } = await setUp();
    emulator.faults.add({ kind: 'parallel_limit', most: 1 });
    const endings: Fault[] = [{ kind: 'status', status: 503 }, { kind: 'reset_after' }, { kind: 'garbage' }];
    for (const fault of endings) emulator.faults.add({ ...fault, times: 1 });
    for (const fault of endings) await ask(target()).catch(() => expect(fault.kind).not.toBe('status'));
    expect(emulator.received.map(({ fault }) => fault)).toEqual(['status', 'reset_after', 'garbage']);
    expect(await ask(target())).toBe(200);
  });

  it('says when to come back where it is told to', async () => {
    const { emulator } = await setUp();
    emulator.faults.add({ kind: 'parallel_limit', most: 1, retryAfter: 7 });
    emulator.faults.add(SLOW);
    const url = `https://localhost${target()}`;
    const [first, second] = await Promise.all([1, 2].map(() => emulator.handle(new Request(url))));
    expect([first?.status, second?.status, second?.headers.get('retry-after')]).toEqual([200, 429, '7']);
    expect(await second?.json()).toMatchObject({ status: 'fail', code: 429 });
  });
});

it('parallel_limit counts a request that hangs until its client leaves', async () => {
  const { emulator, ask, url } = await overSockets();
  emulator.faults.add({ kind: 'parallel_limit', most: 1 });
  emulator.faults.add({ kind: 'hang', times: 1 });
  const hanging = new RawConnection(url);
  hanging.send(target());
  await expect.poll(() => emulator.counts.requests).toBe(1);
  expect([await ask(target()), await ask(target())]).toEqual([429, 429]);
  hanging.leave();
  await expect.poll(() => ask(target())).toBe(200);
});

it('parallel_limit strikes as often as it may, and then lets everybody in', async () => {
  const { emulator, ask } = withHandle();
  emulator.faults.add({ kind: 'parallel_limit', most: 1, times: 2 });
  emulator.faults.add(SLOW);
  const statuses = await Promise.all([1, 2, 3, 4, 5].map(() => ask(target())));
  expect(statuses).toEqual([200, 429, 429, 200, 200]);
});
