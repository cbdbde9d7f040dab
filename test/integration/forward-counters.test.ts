import { expect, it } from 'vitest';
import { AttributionClient, type ForwardItem } from '../../src/index.js';
import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';

it('counts every record of a forward(): accepted or refused, whatever was wrong with it', async () => {
  const credentials = canaryCredentials();
  await using emulator = await startEmulator({ accounts: [credentials] });
  await using client = new AttributionClient({ partnerName: 'airbridge', credentials, baseUrl: emulator.baseUrl });
  const event = { type: 'custom', name: 'Checkout', deviceIdentifier: '__g1', platform: 'android' } as const;
  const items = [
    { event },
    { event: { ...event, name: '' } },
    { event, projectId: 'of-nobody' },
    { event, projectId: 'lookup-throws' },
    { event, projectId: 'lookup-rejects' },
    { event, project_id: 'mistyped' },
    { event, projectId: '' },
    null,
  ] as ForwardItem[];
  const lookUp = (projectId: string) => {
    if (projectId === 'lookup-throws') throw new Error('no database');
    return projectId === 'lookup-rejects' ? Promise.reject(new Error('no database')) : null;
  };
  const codes: (string | undefined)[] = [];
  for await (const { index, error } of client.forward(items, { credentials: lookUp })) codes[index] = error?.code;
  expect(codes).toEqual([
    undefined,
    'validation',
    'authentication',
    'authentication',
    'authentication',
    'validation',
    'validation',
    'validation',
  ]);
  const { accepted, refused, delivered } = client.counters();
  expect({ accepted, refused, delivered }).toEqual({ accepted: 1, refused: items.length - 1, delivered: 1 });
  expect(emulator.counts.requests).toBe(1);
});
