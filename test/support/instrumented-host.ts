import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { canaryCredentials, canariesIn } from './canary.js';
import { httpAnswer, startSocketServer, type SocketServer } from './socket-server.js';

const root = new URL('../..', import.meta.url);

/** How the program is loaded: the built package both ways, as users have it. */
export type ModuleKind = 'ESM' | 'CommonJS';

/** A span as it was exported. */
export interface ExportedSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number };
  readonly spanId: string;
  readonly traceId: string;
  readonly parentSpanId?: string | undefined;
  readonly links: readonly { readonly spanId: string; readonly traceId: string }[];
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
}

/** A data point of a metric as it was exported. */
export interface ExportedPoint {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** A log record as it was exported. */
export interface ExportedRecord {
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly spanId?: string | undefined;
}

/** What an instrumented program exported. */
export interface Exported {
  readonly spans: readonly ExportedSpan[];
  readonly points: readonly ExportedPoint[];
  /** Log records that the program wrote with `log`. */
  readonly records: readonly ExportedRecord[];
  /** Whatever the program put into `report`. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** The host of the library: an application with everything of OpenTelemetry switched on, its own diagnosis included. */
const PRELUDE = `
const { NodeSDK, tracing, metrics, logs, api } = await load('@opentelemetry/sdk-node');
const { UndiciInstrumentation } = await load('@opentelemetry/instrumentation-undici');
const { HttpInstrumentation } = await load('@opentelemetry/instrumentation-http');
const { inspect } = await load('node:util');
const everything = { depth: Infinity, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null };
const diagnosis = [];
const note = (...values) => diagnosis.push(inspect(values, everything));
api.diag.setLogger({ verbose: note, debug: note, info: note, warn: note, error: note }, api.DiagLogLevel.ALL);
const spans = new tracing.InMemorySpanExporter();
const points = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.CUMULATIVE);
const records = new logs.InMemoryLogRecordExporter();
const recorder = new logs.LoggerProvider({ processors: [new logs.SimpleLogRecordProcessor({ exporter: records })] });
const log = ({ level, message, fields }) =>
  recorder.getLogger('host').emit({ severityText: level, body: message, attributes: fields });
const reader = new metrics.PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 3_600_000 });
const sdk = new NodeSDK({
  spanProcessors: [new tracing.SimpleSpanProcessor(spans)],
  metricReaders: [reader],
  instrumentations: [
    new UndiciInstrumentation({ headersToSpanAttributes: { requestHeaders: ['user-agent'], responseHeaders: ['content-type'] } }),
    new HttpInstrumentation(),
  ],
});
const url = process.env.BASE_URL;
const report = {};
const credentials = JSON.parse(process.env.CREDENTIALS);
const event = { type: 'organic_install', deviceIdentifier: '__h1234567890', platform: 'android', timestamp: 1700000000,
  utmSource: 'google', utmMedium: 'cpc', utmCampaign: 'summer' };
const options = { partnerName: 'airbridge', credentials, baseUrl: url, retry: { initialDelayMs: 1, maxDelayMs: 2 } };
const inSpan = (name, work) => api.trace.getTracer('host').startActiveSpan(name, async (span) => {
  try { return await work(); } finally { span.end(); }
});
`;

const EXPORT = `
await reader.forceFlush();
const finished = spans.getFinishedSpans();
const exportedMetrics = points.getMetrics().at(-1);
const shown = inspect([finished, points.getMetrics(), records.getFinishedLogRecords(), diagnosis], everything);
process.stdout.write(JSON.stringify({
  report,
  shown,
  spans: finished.map((span) => ({
    name: span.name, kind: span.kind, attributes: span.attributes, status: span.status,
    ...span.spanContext(), parentSpanId: span.parentSpanContext?.spanId, events: span.events,
    links: span.links.map(({ context }) => ({ spanId: context.spanId, traceId: context.traceId })),
  })),
  records: records.getFinishedLogRecords().map(({ body, attributes, spanContext }) => ({
    body, attributes, spanId: spanContext?.spanId,
  })),
  points: (exportedMetrics?.scopeMetrics ?? []).flatMap(({ metrics: each }) => each.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, value }) => ({ name: descriptor.name, attributes, value })))),
}));
await sdk.shutdown();
`;

/**
 * Runs a program in a process of its own, in which everything of OpenTelemetry is at hand (`sdk` is yet to be started) and
 * exported in memory, and searches all of that for the canary secrets.
 */
export async function runInstrumented(kind: ModuleKind, program: string, baseUrl: string): Promise<Exported> {
  const load = kind === 'ESM' ? '(name) => import(name)' : 'async (name) => require(name)';
  const script = `(async () => { const load = ${load};\n${PRELUDE}\n${program}\n${EXPORT} })()`;
  const env = { ...process.env, BASE_URL: baseUrl, CREDENTIALS: JSON.stringify(canaryCredentials()) };
  const inputType = kind === 'ESM' ? 'module' : 'commonjs';
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [`--input-type=${inputType}`, '--eval', script],
    { cwd: root, timeout: 30_000, env, maxBuffer: 64 * 1024 * 1024 },
  );
  expect([canariesIn(stdout), stderr]).toEqual([[], '']);
  return JSON.parse(stdout) as Exported;
}

/** A server that answers the first request with 503, and takes all others. */
export function startPartnerEndpoint(): Promise<SocketServer> {
  return startSocketServer((socket, count) => {
    socket.write(count === 1 ? httpAnswer(503, '') : httpAnswer(200, '{"status":"success"}'));
  });
}
