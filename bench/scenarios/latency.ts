import type { Figure, FigureGroup } from '../figure.js';
import { cpuPerEvent, eventsPerSecond } from '../load/slice.js';
import type { ForwarderOptions } from '../programs/forwarder.js';
import { ProcessGroup } from '../process/process-group.js';
import { writeCertificate } from '../server/certificate-file.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** One way of being connected; another is a line more. */
interface Connecting {
  readonly label: string;
  readonly protocol: 'h1' | 'h2';
  readonly options: Pick<ForwarderOptions, 'concurrency' | 'connections' | 'allowH2' | 'h2Connections'>;
}

const WAYS: readonly Connecting[] = [
  { label: 'HTTP/1.1, 64 connections', protocol: 'h1', options: { concurrency: { perProject: 64, total: 64 } } },
  { label: 'HTTP/1.1, 256 connections', protocol: 'h1', options: { concurrency: { perProject: 256, total: 256 } } },
  {
    label: 'HTTP/1.1, 64 connections for 256 in flight',
    protocol: 'h1',
    options: { concurrency: { perProject: 256, total: 256 }, connections: 64 },
  },
  {
    label: 'HTTP/2 by allowH2, 256 in flight',
    protocol: 'h2',
    options: { concurrency: { perProject: 256, total: 256 }, allowH2: true },
  },
  {
    label: "HTTP/2 by undici's Agent, 4 connections for 256 in flight",
    protocol: 'h2',
    options: { concurrency: { perProject: 256, total: 256 }, h2Connections: 4 },
  },
];

async function measure(settings: Settings, { protocol, options }: Connecting, latencyMs: number) {
  using certificate = writeCertificate();
  await using processes = new ProcessGroup();
  const server =
    protocol === 'h1'
      ? await processes.start('server', { tls: true, latencyMs })
      : await processes.start('h2Server', { latencyMs });
  const origin = await server.origin();
  const env = { NODE_EXTRA_CA_CERTS: certificate.path };
  const client = await processes.start('forwarder', { origin, projects: 1, ...options }, { env });
  await client.warmUp(bySize(settings, { tiny: 300, quick: 2_000, full: 10_000 }));
  const report = await client.slice(
    bySize(settings, {
      tiny: { rampMs: 50, measuredMs: 100 },
      quick: { rampMs: 250, measuredMs: 500 },
      full: { rampMs: 500, measuredMs: 2_000 },
    }),
  );
  if (report.failed > 0) throw new Error(`${report.failed} events failed`);
  return report;
}

/** What distance does to throughput, and what more connections or another protocol do about it. */
export const latencyScenario: Scenario = {
  name: 'latency',
  about: 'throughput over TLS against the latency of the server, by connections and protocol',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const latencies = bySize(settings, { tiny: [0, 20], quick: [0, 50], full: [0, 50, 200] });
    const cases = latencies.flatMap((latencyMs) => WAYS.map((way) => ({ way, latencyMs })));
    const rounds = await inRounds(
      { ...settings, rounds: bySize(settings, { tiny: 1, quick: 1, full: 3 }) },
      this.name,
      async () => {
        const reports = [];
        for (const { way, latencyMs } of cases) reports.push(await measure(settings, way, latencyMs));
        return reports;
      },
    );
    const figures = cases.map(({ way, latencyMs }, index) => {
      const reports = rounds.flatMap((all) => all[index] ?? []);
      const name = `${latencyMs} ms, ${way.label}`;
      const throughput: Figure = {
        id: `latency:${name}`,
        label: name,
        unit: 'per second',
        samples: reports.map(eventsPerSecond),
      };
      const cpu: Figure = { id: `latency-cpu:${name}`, label: name, unit: 'µs', samples: reports.map(cpuPerEvent) };
      return { throughput, cpu };
    });
    return [
      {
        title: 'Events per second over TLS by latency',
        figures: figures.map(({ throughput }) => throughput),
        chart: true,
      },
      { title: 'CPU time per event over TLS by latency', figures: figures.map(({ cpu }) => cpu) },
    ];
  },
};
