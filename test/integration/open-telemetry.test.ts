import { describe, expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { runInstrumented, startPartnerEndpoint, type ModuleKind } from '../support/instrumented-host.js';

const KINDS: ModuleKind[] = ['ESM', 'CommonJS'];

const INTERNAL = 0;
const CLIENT = 2;

/** Two deliveries, the first at the second attempt, and one that is refused for good; log records of all. */
const send = `
const telemetry = openTelemetry({ projectId: true });
const client = new AttributionClient({ ...options, telemetry, logger: log, logLevel: 'debug' });
await inSpan('job', async () => {
  await client.send(event);
  await client.send({ ...event, type: 'custom', name: 'Add_to_cart' });
  await client.send({ type: 'custom' }).catch((error) => (report.code = error.code));
});
await client.close();
await fetch(url + '/of-the-host?x=1').then((response) => response.text());
`;

const load = `
const { AttributionClient } = await load('clevertap-attribution');
const { openTelemetry } = await load('clevertap-attribution/opentelemetry');
`;

const ORDERS = [
  ['before the library', `sdk.start();\n${load}${send}`],
  ['after the library was loaded', `${load}\nsdk.start();\n${send}`],
] as const;

describe.each(KINDS)('with the SDK of OpenTelemetry and every instrumentation (%s)', (kind) => {
  it.each(ORDERS)('set up %s, all is exported and no secret', async (_, program) => {
    const server = await startPartnerEndpoint();
    const { spans, points, records, report } = await runInstrumented(kind, program, server.url);
    expect(report['code']).toBe('validation');
    expect(canariesIn(server.received)).toHaveLength(2);

    const job = spans.find(({ name }) => name === 'job');
    const events = spans.filter(({ name }) => name.startsWith('attribution '));
    expect(events.map(({ name, kind: own, parentSpanId }) => [name, own, parentSpanId])).toEqual([
      ['attribution organic_install', INTERNAL, job?.spanId],
      ['attribution custom', INTERNAL, job?.spanId],
    ]);
    const requests = spans.filter((span) => span.kind === CLIENT);
    expect(requests.map(({ attributes, parentSpanId }) => [attributes['url.path'], parentSpanId])).toEqual([
      ['/attribution', events[0]?.spanId],
      ['/attribution', events[0]?.spanId],
      ['/attribution', events[1]?.spanId],
      ['/of-the-host', undefined],
    ]);
    const urls = spans.flatMap(({ attributes }) => attributes['url.full'] ?? []);
    expect(urls).toEqual([`${server.url}/of-the-host?x=1`]);

    const valueOf = (metric: string) => points.find(({ name }) => name === `clevertap.attribution.${metric}`)?.value;
    expect(['attempts', 'retries', 'events.delivered', 'events.refused', 'in_flight'].map(valueOf)).toEqual([
      3, 1, 2, 1, 0,
    ]);

    expect(records.map(({ attributes, spanId }) => [attributes['type'], spanId])).toEqual([
      ['attempt', events[0]?.spanId],
      ['retry', events[0]?.spanId],
      ['attempt', events[0]?.spanId],
      ['delivered', events[0]?.spanId],
      ['attempt', events[1]?.spanId],
      ['delivered', events[1]?.spanId],
    ]);
  });
});
