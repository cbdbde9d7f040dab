import { http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { regions } from '../../src/contract/regions.js';
import { createEmulator, type Fault } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { target } from './document-samples.js';

const emulator = createEmulator({
  accounts: regions.map(({ code }) => canaryCredentials({ projectId: `P-${code}`, region: code })),
});
const server = setupServer(...emulator.mswHandlers(http));

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => emulator.reset());
afterAll(() => server.close());

const URL = `https://api.clevertap.com${target({ account_id: 'P-eu' })}`;

describe('the global fetch under msw', () => {
  it.each(regions.map(({ code, host }) => [code, host] as const))('reaches %s at %s', async (code, host) => {
    const response = await fetch(`https://${host}${target({ account_id: `P-${code}` })}`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'success' }]);
    expect(emulator.received).toMatchObject([{ region: code, accountId: `P-${code}`, outcome: 'recorded' }]);
  });

  it('gets the region check, other methods and other paths answered', async () => {
    const wrongRegion = await fetch(`https://us1.api.clevertap.com${target({ account_id: 'P-eu' })}`);
    const post = await fetch(URL, { method: 'POST', body: 'x' });
    const put = await fetch(URL, { method: 'PUT' });
    const other = await fetch('https://in1.api.clevertap.com/1/upload?x=1', { method: 'POST' });
    expect([wrongRegion.status, post.status, put.status, other.status]).toEqual([401, 200, 405, 404]);
  });

  it('gets faults', async () => {
    emulator.faults.add({ kind: 'status', status: 429, retryAfter: 3, times: 1 });
    emulator.faults.add({ kind: 'empty_200', times: 1 });
    const limited = await fetch(URL);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
    expect(await (await fetch(URL)).text()).toBe('');
    expect((await fetch(URL)).status).toBe(200);
  });

  it.each<Fault>([{ kind: 'reset_before' }, { kind: 'reset_after' }, { kind: 'garbage' }])(
    'rejects for $kind',
    async (fault) => {
      emulator.faults.add(fault);
      await expect(fetch(URL)).rejects.toThrow(TypeError);
    },
  );

  it('gets a redirect that it does not have to follow', async () => {
    emulator.faults.add({ kind: 'redirect', location: 'https://elsewhere.example/' });
    const response = await fetch(URL, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://elsewhere.example/']);
  });

  it('fails in the middle of a broken body', async () => {
    emulator.faults.add({ kind: 'broken_body' });
    const response = await fetch(URL);
    await expect(response.text()).rejects.toThrow();
  });

  it('can leave a hanging request and a stalled body', async () => {
    emulator.faults.add({ kind: 'hang', times: 1 });
    emulator.faults.add({ kind: 'stalled_body' });
    await expect(fetch(URL, { signal: AbortSignal.timeout(10) })).rejects.toMatchObject({ name: 'TimeoutError' });
    const response = await fetch(URL, { signal: AbortSignal.timeout(10) });
    await expect(response.text()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
