import { context, metrics as metricsApi, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { core, metrics, node, tracing } from '@opentelemetry/sdk-node';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions } from '../../src/options.js';
import { openTelemetry, type OpenTelemetryOptions } from '../../src/opentelemetry/index.js';
import { Outbox, type QueueStats } from '../../src/outbox/index.js';
import { collect } from '../support/collect.js';
import { connectedClient } from '../support/connected-client.js';
import { customEvent, inorganicInstall } from '../support/events.js';
import { expectNothingSecretIn, failureOf } from '../support/failure-of.js';
import { MemoryQueue } from '../support/memory-queue.js';

const spans = new tracing.InMemorySpanExporter();
const tracerProvider = new node.NodeTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(spans)] });
// It brings the context manager, which OpenTelemetry finds by a global of its own.
tracerProvider.register();

beforeEach(() => {
  spans.reset();
});

/** A client whose telemetry ends in memory. */
async function traced(
  options: Partial<ClientOptions> = {},
  own: OpenTelemetryOptions = {},
  telemetryOf = (telemetry: ReturnType<typeof openTelemetry>) => telemetry,
) {
  const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE);
  const reader = new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new metrics.MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  const telemetry = telemetryOf(openTelemetry({ tracerProvider, meterProvider, ...own }));
  const connected = await connectedClient({ ...options, telemetry });
  /** Values by name of the metric, without its prefix, and values of its attributes. */
  const figures = async (): Promise<Record<string, unknown>> => {
    await reader.forceFlush();
    const collected = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    expectNothingSecretIn(collected);
    const points = collected.flatMap(({ metrics: each }) =>
      each.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => {
          const name = [descriptor.name.replace('clevertap.attribution.', ''), ...Object.values(attributes)].join(' ');
          return [name, typeof value === 'number' ? value : (value as { count: number }).count] as const;
        }),
      ),
    );
    return Object.fromEntries(points);
  };
  return { ...connected, telemetry, meterProvider, figures };
}

function finished() {
  const all = spans.getFinishedSpans();
  expectNothingSecretIn(
    all.map(({ name, attributes, events, status, links }) => [name, attributes, events, status, links]),
  );
  return {
    all,
    event: all.filter(({ kind, name }) => kind === SpanKind.INTERNAL && name.startsWith('attribution ')),
    attempts: all.filter(({ kind }) => kind === SpanKind.CLIENT),
  };
}

describe('an event', () => {
  it('has a span below that of its caller, and one below it for each attempt', async () => {
    const { client, emulator } = await traced();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    await trace.getTracer('host').startActiveSpan('job', async (job) => {
      await client.send(inorganicInstall());
      job.end();
    });
    const { all, event, attempts } = finished();
    const [job] = all.filter(({ name }) => name === 'job');
    const [address, port] = emulator.baseUrl.replace('http://', '').split(':');
    expect(event).toHaveLength(1);
    expect(event[0]?.parentSpanContext?.spanId).toBe(job?.spanContext().spanId);
    expect(event[0]).toMatchObject({
      name: 'attribution inorganic_install',
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'clevertap.region': 'eu',
        'clevertap.event.type': 'inorganic_install',
        'clevertap.outcome': 'delivered',
        'clevertap.attempts': 2,
        'clevertap.confirmed': true,
        'clevertap.maybe_duplicate': false,
        'http.response.status_code': 200,
      },
    });
    const common = {
      'clevertap.region': 'eu',
      'clevertap.event.type': 'inorganic_install',
      'server.address': address,
      'server.port': Number(port),
      'http.request.method': 'GET',
      'url.path': '/attribution',
      'clevertap.maybe_recorded': false,
    };
    expect(attempts.map(({ name, attributes, status }) => ({ name, attributes, code: status.code }))).toEqual([
      {
        name: 'GET',
        code: SpanStatusCode.ERROR,
        attributes: {
          ...common,
          'http.response.status_code': 503,
          'error.type': 'service_unavailable',
          'clevertap.outcome': 'service_unavailable',
        },
      },
      {
        name: 'GET',
        code: SpanStatusCode.UNSET,
        attributes: {
          ...common,
          'http.response.status_code': 200,
          'http.request.resend_count': 1,
          'clevertap.outcome': 'delivered',
          'clevertap.retry.delay_ms': expect.any(Number) as number,
        },
      },
    ]);
    for (const attempt of attempts) {
      expect(attempt.parentSpanContext?.spanId).toBe(event[0]?.spanContext().spanId);
      const began = core.hrTimeToMilliseconds(attempt.startTime);
      const ended = core.hrTimeToMilliseconds(attempt.endTime);
      expect(began).toBeGreaterThanOrEqual(core.hrTimeToMilliseconds(event[0]?.startTime ?? [Infinity, 0]));
      expect(ended).toBeLessThanOrEqual(core.hrTimeToMilliseconds(event[0]?.endTime ?? [0, 0]));
    }
  });

  it('that fails has a span that says why, in our codes and without foreign words', async () => {
    const { client, emulator } = await traced();
    emulator.faults.add({ kind: 'status', status: 400, body: '{"status":"fail","error":"utm_source is missing"}' });
    await failureOf(client.send(customEvent()));
    const { event } = finished();
    expect(event).toMatchObject([
      {
        status: { code: SpanStatusCode.ERROR },
        attributes: {
          'error.type': 'bad_request',
          'clevertap.outcome': 'failed',
          'clevertap.maybe_recorded': false,
          'http.response.status_code': 400,
        },
      },
    ]);
    expect(event[0]?.status.message).toBeUndefined();
    expect(event[0]?.events).toEqual([]);
  });

  it('that is aborted on the wire ends both its spans', async () => {
    const { client, emulator } = await traced();
    emulator.faults.add({ kind: 'hang' });
    const controller = new AbortController();
    const sent = failureOf(client.send(customEvent(), { signal: controller.signal }));
    await expect.poll(() => emulator.counts.requests).toBe(1);
    controller.abort();
    await sent;
    const { event, attempts } = finished();
    expect([...attempts, ...event].map(({ attributes }) => attributes['error.type'])).toEqual(['aborted', 'aborted']);
  });

  it('names its project only where that is wanted', async () => {
    const { client } = await traced();
    await client.send(customEvent());
    expect(finished().all.filter(({ attributes }) => 'clevertap.project.id' in attributes)).toEqual([]);
    const { client: open } = await traced({}, { projectId: true });
    await open.send(customEvent());
    expect(finished().event.at(-1)?.attributes['clevertap.project.id']).toBe('TEST-111-222Z');
  });

  it('of forward() has a trace of its own, linked to where forward() was called', async () => {
    const { client } = await traced();
    await trace.getTracer('host').startActiveSpan('job', async (job) => {
      await collect(client.forward([{ event: customEvent() }, { event: customEvent() }]));
      job.end();
    });
    const { all, event } = finished();
    const job = all.find(({ name }) => name === 'job')?.spanContext();
    expect(event.map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
    expect(new Set([job, ...event.map((span) => span.spanContext())].map((each) => each?.traceId)).size).toBe(3);
    expect(event.map(({ links }) => links.map((link) => link.context.spanId))).toEqual([[job?.spanId], [job?.spanId]]);
  });

  it('has the logger and the listener run within its span', async () => {
    const active: (string | undefined)[] = [];
    const note = () => void active.push(trace.getActiveSpan()?.spanContext().spanId);
    const { client } = await traced({ logger: note, logLevel: 'debug', onNotice: note });
    await client.send(customEvent());
    const { event } = finished();
    expect(active).toEqual(Array(4).fill(event[0]?.spanContext().spanId));
  });
});

describe('the metrics', () => {
  it('count what the client counts', async () => {
    const { client, emulator, figures } = await traced();
    emulator.faults.add({ kind: 'status', status: 503, times: 1 });
    await client.send(customEvent());
    emulator.faults.add({ kind: 'status', status: 400, times: 1 });
    await failureOf(client.send(customEvent()));
    await failureOf(client.send(customEvent('')));
    expect(await figures()).toMatchObject({
      'events.accepted': 2,
      'events.delivered': 1,
      'events.failed bad_request': 1,
      'events.refused': 1,
      'events.unconfirmed': 0,
      'events.maybe_duplicate': 0,
      attempts: 3,
      retries: 1,
      in_flight: 0,
      waiting: 0,
      'projects.on_hold': 0,
      'region.outage eu': 0,
      'region.suspended eu': 0,
      'event.duration eu custom': 1,
      'event.duration eu custom bad_request': 1,
    });
  });

  it('add up what clients count that each made a telemetry of their own', async () => {
    const { client, emulator, meterProvider, figures } = await traced();
    const another = await connectedClient({ telemetry: openTelemetry({ tracerProvider, meterProvider }) });
    await client.send(inorganicInstall());
    await client.send(inorganicInstall());
    await another.client.send(inorganicInstall());
    expect(emulator.counts.recorded + another.emulator.counts.recorded).toBe(3);
    expect(await figures()).toMatchObject({ 'events.accepted': 3, 'events.delivered': 3 });
  });

  it('tell what is in flight from what waits', async () => {
    const { client, emulator, figures } = await traced({ concurrency: { perProject: 2 } });
    emulator.faults.add({ kind: 'hang' });
    const sent = Array.from({ length: 5 }, () => failureOf(client.send(customEvent())));
    await expect.poll(() => emulator.counts.requests).toBe(2);
    expect(await figures()).toMatchObject({ in_flight: 2, waiting: 3, attempts: 2 });
    await client.close({ timeoutMs: 0 });
    await Promise.all(sent);
    expect(await figures()).toMatchObject({ in_flight: 0, waiting: 0, 'events.failed closed': 5, attempts: 2 });
  });

  it('have no name of a project in them', async () => {
    const { client, figures } = await traced({}, { projectId: true });
    await client.send(customEvent());
    expect(Object.keys(await figures()).filter((name) => name.includes('TEST-111-222Z'))).toEqual([]);
  });

  it('show an outbox while it is open', async () => {
    const { telemetry, figures } = await traced();
    const stats: QueueStats = { ready: 3, delayed: 2, leased: 1, dead: 4, oldestAgeMs: 1500 };
    let looks = 0;
    const outbox = {
      closed: false,
      stats: () => {
        looks += 1;
        return Promise.resolve(stats);
      },
    };
    const stop = telemetry.watchOutbox(outbox);
    telemetry.watchOutbox({ closed: false, stats: () => Promise.resolve({ ...stats, oldestAgeMs: undefined }) }, 'b');
    expect(await figures()).toMatchObject({
      'outbox.events default ready': 3,
      'outbox.events default delayed': 2,
      'outbox.events default leased': 1,
      'outbox.events default dead': 4,
      'outbox.oldest_age default': 1.5,
      'outbox.oldest_age b': 0,
    });
    expect(() => telemetry.watchOutbox(outbox)).toThrow('outbox: name: "default" is the name of another outbox');
    outbox.closed = true;
    await figures();
    expect(looks).toBe(1);
    telemetry.watchOutbox({ ...outbox, closed: false });
    // Of the one that is over already; the other by that name stays.
    stop();
    await figures();
    expect(looks).toBe(2);
    expect(() => telemetry.watchOutbox(outbox)).toThrow('another outbox');
  });

  it('take an outbox as it is', async () => {
    const { client, telemetry, figures } = await traced();
    const outbox = new Outbox({ client, queue: new MemoryQueue() });
    telemetry.watchOutbox(outbox, 'main');
    await outbox.add(customEvent());
    expect(await figures()).toMatchObject({ 'outbox.events main ready': 1, 'outbox.events main dead': 0 });
    await outbox.close();
  });
});

describe('the options', () => {
  it('are checked at once', () => {
    const wrong = {
      tracerProvider: {},
      meterProvider: 1,
      projectId: 'yes',
      metrics: true,
    } as unknown as OpenTelemetryOptions;
    expect(() => openTelemetry(wrong)).toThrow(/getTracer.*getMeter.*true or false.*metrics/);
  });

  it('need not be there: spans and metrics then go to the global providers', async () => {
    const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE);
    const reader = new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const telemetry = openTelemetry();
    const provider = new metrics.MeterProvider({ readers: [reader] });
    // After openTelemetry(), before the first client.
    metricsApi.setGlobalMeterProvider(provider);
    onTestFinished(async () => {
      metricsApi.disable();
      await provider.shutdown();
    });
    const { client } = await connectedClient({ telemetry });
    await client.send(customEvent());
    await reader.forceFlush();
    expect(
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.map(({ scope }) => scope.name),
    ).toEqual(['clevertap-attribution']);
    expect(finished().event).toHaveLength(1);
    expect(context.active()).toBeDefined();
  });
});
