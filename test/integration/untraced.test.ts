import { describe, expect, it } from 'vitest';
import { canariesIn } from '../support/canary.js';
import { runInstrumented, startPartnerEndpoint, type ModuleKind } from '../support/instrumented-host.js';

// The client is used as it is here, without our own entry for OpenTelemetry.

const KINDS: ModuleKind[] = ['ESM', 'CommonJS'];

/** What the host does itself is traced with its URL: the instrumentation is at work. */
const ownRequest = `await fetch(url + '/of-the-host?x=1').then((response) => response.text());`;

async function exportedOf(kind: ModuleKind, program: string) {
  const server = await startPartnerEndpoint();
  const exported = await runInstrumented(kind, program, server.url);
  const attributions = server.requests.filter((request) => request.includes('/attribution?'));
  return { ...exported, attributions };
}

type Run = Awaited<ReturnType<typeof exportedOf>>;

function expectOnlyTheHostsOwn({ spans, attributions }: Run, requests: number): void {
  const queries = spans.flatMap(({ attributes }) => attributes['url.query'] ?? []);
  expect(queries).toEqual(['?x=1']);
  expect(attributions).toHaveLength(requests);
  expect(attributions.filter((request) => canariesIn(request).length === 2)).toHaveLength(requests);
  expect(attributions.filter((request) => /traceparent|baggage/i.test(request))).toEqual([]);
}

describe.each(KINDS)('an instrumented host (%s)', (kind) => {
  it('that was there first sees none of our requests, also where they wait for a connection', async () => {
    const run = await exportedOf(
      kind,
      `sdk.start();
       const { AttributionClient } = await load('clevertap-attribution');
       const client = new AttributionClient({ ...options, connections: 2, concurrency: { perProject: 50 } });
       await inSpan('job', () => Promise.all(Array.from({ length: 20 }, () => client.send(event))));
       ${ownRequest}
       report.counters = client.counters();
       await client.close();`,
    );
    expect(run.report['counters']).toMatchObject({ delivered: 20, attempts: 21 });
    expectOnlyTheHostsOwn(run, 21);
  });

  it('that comes later sees none either, on connections that were opened before', async () => {
    const run = await exportedOf(
      kind,
      `const { AttributionClient } = await load('clevertap-attribution');
       const client = new AttributionClient({ ...options, connections: 2, concurrency: { perProject: 50 } });
       await client.send(event);
       sdk.start();
       await inSpan('job', () => Promise.all(Array.from({ length: 20 }, () => client.send(event))));
       ${ownRequest}
       await client.close();`,
    );
    expectOnlyTheHostsOwn(run, 22);
  });

  it('sees none of those that wait in a dispatcher of its own', async () => {
    const run = await exportedOf(
      kind,
      `sdk.start();
       const { AttributionClient } = await load('clevertap-attribution');
       const { Agent } = await load('undici');
       const dispatcher = new Agent({ connections: 2 });
       const client = new AttributionClient({ ...options, dispatcher, concurrency: { perProject: 50 } });
       await inSpan('job', () => Promise.all(Array.from({ length: 20 }, () => client.send(event))));
       ${ownRequest}
       await client.close();
       await dispatcher.close();`,
    );
    expectOnlyTheHostsOwn(run, 21);
  });

  it('goes on being traced itself: in its source, its listener and after each result', async () => {
    const run = await exportedOf(
      kind,
      `sdk.start();
       const { AttributionClient } = await load('clevertap-attribution');
       const tracer = api.trace.getTracer('host');
       const trace = (name) => tracer.startSpan(name).end();
       const client = new AttributionClient({
         ...options, concurrency: { total: 1 },
         onNotice: ({ type }) => { if (type === 'delivered') trace('notice'); },
       });
       async function* source() {
         for (let index = 0; index < 10; index += 1) { trace('read'); yield { event }; }
       }
       await inSpan('job', async () => { for await (const each of client.forward(source())) trace('result'); });
       ${ownRequest}
       await client.close();`,
    );
    expectOnlyTheHostsOwn(run, 11);
    const [job] = run.spans.filter(({ name }) => name === 'job');
    for (const name of ['read', 'notice', 'result']) {
      const own = run.spans.filter((span) => span.name === name);
      expect([name, own.map(({ parentSpanId }) => parentSpanId)]).toEqual([name, Array(10).fill(job?.spanId)]);
    }
  });
});
