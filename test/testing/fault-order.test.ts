import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/errors.js';
import { createEmulator, type Fault } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';

const BOOM = { kind: 'status', status: 500 } as const satisfies Fault;

function emulatorAt(clock: { ms: number } = { ms: 0 }, seed = 1) {
  const accounts = [
    canaryCredentials(),
    canaryCredentials({ projectId: 'OTHER' }),
    canaryCredentials({ region: 'in' }),
  ];
  return createEmulator({ accounts, seed, now: () => clock.ms });
}

type Emulator = ReturnType<typeof emulatorAt>;

async function statuses(emulator: Emulator, times: number, host = 'api', changes: Record<string, string> = {}) {
  const seen: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const { status } = await emulator.handle(new Request(`https://${host}.clevertap.com${target(changes)}`));
    seen.push(status);
  }
  return seen;
}

describe('how often', () => {
  it('until it is removed', async () => {
    const emulator = emulatorAt();
    const handle = emulator.faults.add(BOOM);
    expect(await statuses(emulator, 3)).toEqual([500, 500, 500]);
    expect(handle.struck).toBe(3);
    handle.remove();
    handle.remove();
    expect(await statuses(emulator, 2)).toEqual([200, 200]);
    expect(handle.struck).toBe(3);
  });

  it('so many times', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ ...BOOM, times: 2 });
    expect(await statuses(emulator, 4)).toEqual([500, 500, 200, 200]);
  });

  it('for so many milliseconds from adding it', async () => {
    const clock = { ms: 1_000 };
    const emulator = emulatorAt(clock);
    emulator.faults.add({ ...BOOM, forMs: 100 });
    expect(await statuses(emulator, 1)).toEqual([500]);
    clock.ms = 1_099;
    expect(await statuses(emulator, 1)).toEqual([500]);
    clock.ms = 1_100;
    expect(await statuses(emulator, 1)).toEqual([200]);
    clock.ms = 1_050;
    expect(await statuses(emulator, 1)).toEqual([200]);
  });

  it('by probability, the same for the same seed', async () => {
    const half = { ...BOOM, probability: 0.5 };
    const runs = [];
    for (const seed of [1, 1, 2]) {
      const emulator = emulatorAt(undefined, seed);
      emulator.faults.add(half);
      runs.push((await statuses(emulator, 200)).join());
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).not.toBe(runs[2]);
    expect(runs[0]?.match(/500/g)?.length).toBeGreaterThan(75);
    expect(runs[0]?.match(/500/g)?.length).toBeLessThan(125);
  });

  it('by probability, undisturbed by other faults and the same again after reset()', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ ...BOOM, probability: 0.3 });
    const alone = await statuses(emulator, 50);
    emulator.reset();
    emulator.faults.add({ ...BOOM, probability: 0.3 });
    emulator.faults.add({ kind: 'status', status: 429, probability: 0.3 });
    const both = await statuses(emulator, 50);
    expect(both.map((status) => status === 500)).toEqual(alone.map((status) => status === 500));
    expect(both).toContain(429);
  });

  it('by probability, each fault with numbers of its own', async () => {
    const emulator = emulatorAt();
    const runs = [];
    for (const eventType of ['first', 'second']) {
      emulator.faults.add({ ...BOOM, eventType, probability: 0.5 });
      runs.push((await statuses(emulator, 50, 'api', { event_type: eventType })).join());
    }
    expect(runs[0]).not.toBe(runs[1]);
  });

  it('never and always, by probability', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ kind: 'status', status: 503, probability: 0 });
    emulator.faults.add({ kind: 'status', status: 500, probability: 1 });
    expect(new Set(await statuses(emulator, 50))).toEqual(new Set([500]));
  });
});

describe('which', () => {
  it('the first in order of adding wins, and those behind it are not used up', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    emulator.faults.add({ kind: 'status', status: 502, times: 1 });
    emulator.faults.add({ kind: 'status', status: 429, times: 1 });
    expect(await statuses(emulator, 4)).toEqual([503, 502, 429, 200]);
  });

  it('by region', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ ...BOOM, region: 'in' });
    expect(await statuses(emulator, 1, 'api')).toEqual([200]);
    expect(await statuses(emulator, 1, 'in1.api')).toEqual([500]);
    expect(await statuses(emulator, 1, 'unknown')).toEqual([200]);
  });

  it('by project and by event type, and only requests in scope use it up', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ ...BOOM, projectId: 'OTHER', eventType: 'Add_to_cart', times: 1 });
    expect(await statuses(emulator, 2)).toEqual([200, 200]);
    expect(await statuses(emulator, 1, 'api', { account_id: 'OTHER' })).toEqual([200]);
    expect(await statuses(emulator, 1, 'api', { event_type: 'Add_to_cart' })).toEqual([200]);
    expect(await statuses(emulator, 2, 'api', { account_id: 'OTHER', event_type: 'Add_to_cart' })).toEqual([500, 200]);
  });

  it('also for requests that would be refused', async () => {
    const emulator = emulatorAt();
    emulator.faults.add({ ...BOOM, times: 2 });
    expect(await statuses(emulator, 2, 'api', { account_token: 'wrong-token' })).toEqual([500, 500]);
    expect(await statuses(emulator, 1, 'api', { account_token: 'wrong-token' })).toEqual([401]);
  });

  it('clear() removes all', async () => {
    const emulator = emulatorAt();
    emulator.faults.add(BOOM);
    emulator.faults.add(BOOM);
    emulator.faults.clear();
    expect(await statuses(emulator, 1)).toEqual([200]);
  });

  it('is not changed by what happens to the object it was made from', async () => {
    const emulator = emulatorAt();
    const fault = { kind: 'status' as const, status: 500 };
    emulator.faults.add(fault);
    fault.status = 503;
    expect(await statuses(emulator, 1)).toEqual([500]);
  });
});

describe('a fault that is wrong', () => {
  const wrong: [fault: unknown, message: RegExp][] = [
    [undefined, /must be an object/],
    [{}, /kind: is not a known kind/],
    [{ kind: 'earthquake' }, /kind: is not a known kind of fault; the kinds are status, .*, redirect, garbage$/],
    [{ kind: 'status' }, /status:/],
    [{ kind: 'status', status: 101 }, /status:/],
    [{ kind: 'status', status: 600 }, /status:/],
    [{ kind: 'status', status: 429, retryAfter: -1 }, /retryAfter: /],
    [{ kind: 'status', status: 429, retryAfter: 'a\r\nb' }, /retryAfter: must be printable ASCII/],
    [{ kind: 'status', status: 429, retryAfter: true }, /retryAfter: must be whole seconds or an HTTP date/],
    [{ kind: 'parallel_limit' }, /most:/],
    [{ kind: 'parallel_limit', most: 0 }, /most:/],
    [{ kind: 'parallel_limit', most: 2, retryAfter: -1 }, /retryAfter: /],
    [{ kind: 'latency', ms: -1 }, /ms:/],
    [{ kind: 'latency', ms: 2 ** 31 }, /ms:/],
    [{ kind: 'latency', ms: 5, recorded: true }, /recorded/],
    [{ kind: 'reset_before', recorded: true }, /recorded/],
    [{ kind: 'oversized_body', bytes: 1.5 }, /bytes:/],
    [{ kind: 'redirect', location: 'x\r\nset-cookie: a' }, /location: must be printable ASCII/],
    [{ kind: 'hang', times: 0 }, /times:/],
    [{ kind: 'hang', probability: 1.1 }, /probability:/],
    [{ kind: 'hang', forMs: 0 }, /forMs:/],
    [{ kind: 'hang', region: 'atlantis' }, /region: must be a region code: eu, us/],
    [{ kind: 'hang', projectId: '' }, /projectId: must not be empty/],
    [{ kind: 'hang', surprise: 1 }, /surprise/],
    [{ kind: 'hang', times: 1, forMs: 5 }, /times and forMs exclude each other/],
    [{ kind: 'hang', times: 1, probability: 1, forMs: 5 }, /times and probability and forMs exclude each other/],
  ];

  it.each(wrong)('%j is a ValidationError', (fault, message) => {
    const emulator = emulatorAt();
    const add = () => emulator.faults.add(fault as Fault);
    expect(add).toThrow(ValidationError);
    expect(add).toThrow(message);
  });
});
