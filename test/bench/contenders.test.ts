import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { supportedContenders, type ContenderName } from '../../bench/contenders/contenders.js';
import { ACCOUNT, PARTNER } from '../../bench/load/account.js';
import { sampleEvent, sampleEvents } from '../../bench/load/sample-events.js';
import { startProcess } from '../../bench/process/start-process.js';
import { startEmulator, type ReceivedRequest } from '../../src/testing/index.js';

const EVENTS = 30;
const IN_FLIGHT = 8;

type Sample = ReturnType<typeof sampleEvent>;

/** Contenders that make each event's own request; the others send the first one again and again. */
const ENCODING: readonly ContenderName[] = ['send', 'forward', 'hand-written'];

function asReceived(event: Sample) {
  const { utmSource, utmMedium, utmCampaign, deviceIdentifier, platform, timestamp } = event;
  return {
    eventType: event.type === 'custom' ? event.name : event.type,
    deviceIdentifier,
    platform,
    timestamp: String(timestamp),
    utmSource: utmSource ?? undefined,
    utmMedium: utmMedium ?? undefined,
    utmCampaign: utmCampaign ?? undefined,
    params: Object.fromEntries(Object.entries(event.params ?? {}).map(([name, value]) => [name, String(value)])),
  };
}

function essentials(request: ReceivedRequest) {
  const { eventType, deviceIdentifier, platform, timestamp, utmSource, utmMedium, utmCampaign } = request;
  const params = { ...request.params };
  return { eventType, deviceIdentifier, platform, timestamp, utmSource, utmMedium, utmCampaign, params };
}

function inOrder<Item extends { deviceIdentifier: string | undefined }>(items: readonly Item[]): Item[] {
  const keyOf = ({ deviceIdentifier = '' }: Item) => deviceIdentifier;
  return [...items].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

const attributing = supportedContenders.filter((name) => name !== 'customerio-node');

it.each(attributing)('%s sends requests that CleverTap would take', async (name) => {
  await using emulator = await startEmulator({ listen: 'single', accounts: [ACCOUNT], partners: [PARTNER] });
  await using contender = await startProcess('contender', { name, origin: emulator.baseUrl, inFlight: IN_FLIGHT });
  expect(await contender.send(EVENTS)).toBe(EVENTS);

  expect(emulator.received.map(({ outcome, repeated }) => [outcome, repeated])).toEqual(
    Array.from({ length: EVENTS }, () => ['recorded', []]),
  );
  const events = ENCODING.includes(name) ? sampleEvents(EVENTS) : Array.from({ length: EVENTS }, () => sampleEvent(0));
  expect(inOrder(emulator.received.map(essentials))).toEqual(inOrder(events.map(asReceived)));
});

// It does not load on Node 20, where the benchmark leaves it out: then there is nothing to test.
it.each(supportedContenders.filter((name) => name === 'customerio-node'))(
  '%s sends one request per event',
  async () => {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        bodies.push([request.method, request.url?.replace(/__g.*(?=\/)/, ''), JSON.parse(body)]);
        response.end('{"status":"success"}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    {
      await using contender = await startProcess('contender', { name: 'customerio-node', origin, inFlight: 1 });
      expect(await contender.send(3)).toBe(3);
    }
    server.close();
    expect(bodies).toEqual(
      sampleEvents(3).map(({ deviceIdentifier, type, ...data }) => {
        expect(deviceIdentifier).toMatch(/^__g/);
        return ['POST', '/api/v1/customers//events', { name: type, data }];
      }),
    );
  },
);
