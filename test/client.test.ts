import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { AttributionClient } from '../src/client.js';
import { ValidationError } from '../src/errors.js';
import { createEmulator } from '../src/testing/index.js';
import { canaryCredentials } from './support/canary.js';
import { watchedClient } from './support/connected-client.js';
import { inorganicInstall } from './support/events.js';

describe('a client', () => {
  it('refuses options that are wrong as it is made', () => {
    expect(() => new AttributionClient({ partnerName: '', retry: { maxAttempts: 0 } })).toThrow(ValidationError);
    expect(() => new AttributionClient({ partnerName: '', retry: { maxAttempts: 0 } })).toThrow(/at least 1/);
    expect(() => new AttributionClient(undefined as never)).toThrow(ValidationError);
  });

  it('is not closed until it is', async () => {
    const { client } = watchedClient();
    expect(client.closed).toBe(false);
    const closing = client.close();
    expect(client.closed).toBe(true);
    await closing;
    expect(client.closed).toBe(true);
  });

  it('sends through a dispatcher of the caller to the hosts of the regions', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials({ region: 'sg' })] });
    const { client } = watchedClient({
      dispatcher: emulator.dispatcher(),
      credentials: canaryCredentials({ region: 'Singapore' }),
    });
    expect(await client.send(inorganicInstall())).toMatchObject({ region: 'sg', host: 'sg1.api.clevertap.com' });
    expect(emulator.received).toMatchObject([{ region: 'sg', credentials: 'valid', recorded: true }]);
  });

  it('stamps an event with the moment of the call, not of its delivery', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials()] });
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    vi.useFakeTimers({ toFake: ['Date'], now: 1_750_000_000_900 });
    onTestFinished(() => void vi.useRealTimers());
    const { client } = watchedClient({
      dispatcher: emulator.dispatcher(),
      onNotice: ({ type }) => {
        if (type === 'retry') vi.setSystemTime(Date.now() + 3_600_000);
      },
    });
    await client.send(inorganicInstall({ timestamp: undefined }));
    expect(emulator.received.map(({ timestamp }) => timestamp)).toEqual(['1750000000', '1750000000']);
  });

  it('takes the event as it is at the call, whatever becomes of the object later', async () => {
    const emulator = createEmulator({ accounts: [canaryCredentials()] });
    const { client } = watchedClient({ dispatcher: emulator.dispatcher() });
    const event = { ...inorganicInstall(), params: { city: 'Mumbai' } };
    const send = client.send(event);
    event.params.city = 'Pune';
    await send;
    expect(emulator.received[0]?.params).toEqual({ city: 'Mumbai' });
  });

  it('can be told apart when it is printed', () => {
    const { client } = watchedClient();
    const shown = {
      partnerName: 'airbridge',
      projectId: 'TEST-111-222Z',
      region: 'eu',
      host: 'api.clevertap.com',
      accepted: 0,
      delivered: 0,
      failed: 0,
      pending: 0,
      inFlight: 0,
      closed: false,
    };
    expect(JSON.parse(JSON.stringify(client))).toEqual(shown);
    expect(inspect(client)).toBe(`AttributionClient ${inspect(shown)}`);
  });

  it('without a default project shows none', () => {
    const { client } = watchedClient({ credentials: undefined });
    expect(Object.keys(client.toJSON())).not.toContain('projectId');
  });
});
