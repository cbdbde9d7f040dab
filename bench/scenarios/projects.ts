import type { Figure, FigureGroup, Unit } from '../figure.js';
import { cpuPerEvent, eventsPerSecond } from '../load/slice.js';
import type { ForwarderReport } from '../programs/forwarder.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { addSlices } from './add-slices.js';
import { inRounds, rotated } from './rounds.js';
import type { Scenario } from './scenario.js';

async function measureRound(settings: Settings, round: number): Promise<Map<number, ForwarderReport>> {
  const { inFlight } = settings;
  const counts = bySize(settings, {
    tiny: [1, 10, 100],
    quick: [1, 10, 10_000],
    full: [1, 10, 100, 1_000, 10_000],
  });
  const slices = bySize(settings, { tiny: 1, quick: 2, full: 6 });
  // A project is opened with its first event of a run. The ramp takes in that of all of them: what an open one costs is asked here.
  const slice = bySize(settings, {
    tiny: { rampMs: 20, measuredMs: 50 },
    quick: { rampMs: 800, measuredMs: 250 },
    full: { rampMs: 800, measuredMs: 500 },
  });
  const warmUp = bySize(settings, { tiny: 500, quick: 20_000, full: 60_000 });

  await using processes = new ProcessGroup();
  const server = await processes.start('server', {});
  const origin = await server.origin();
  const concurrency = { perProject: inFlight, total: inFlight };
  const forwarders = new Map<number, Awaited<ReturnType<typeof processes.start<'forwarder'>>>>();
  for (const projects of counts) {
    const forwarder = await processes.start('forwarder', { origin, projects, concurrency });
    await forwarder.warmUp(warmUp);
    forwarders.set(projects, forwarder);
  }
  const reports = new Map<number, ForwarderReport>();
  for (let turn = 0; turn < slices; turn += 1) {
    for (const [projects, forwarder] of rotated([...forwarders], round + turn)) {
      const { failed, ...report } = await forwarder.slice(slice);
      if (failed > 0) throw new Error(`${failed} events of ${projects} projects failed`);
      reports.set(projects, { ...addSlices(reports.get(projects), report), failed });
    }
  }
  return reports;
}

/** Whether the number of projects costs anything. */
export const projectsScenario: Scenario = {
  name: 'projects',
  about: 'throughput of forward() against the number of projects, 1 to 10,000',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const rounds = await inRounds(settings, this.name, (round) => measureRound(settings, round));
    const counts = [...(rounds[0]?.keys() ?? [])].sort((one, other) => one - other);
    const number = new Intl.NumberFormat('en');
    const figuresOf = (prefix: string, unit: Unit, value: (report: ForwarderReport) => number): Figure[] =>
      counts.map((count) => ({
        id: `${prefix}:${count}`,
        label: `${number.format(count)} ${count === 1 ? 'project' : 'projects'}`,
        unit,
        samples: rounds.flatMap((reports) => reports.get(count) ?? []).map(value),
      }));
    const most = counts.at(-1) ?? 0;
    const proportion = (value: (report: ForwarderReport) => number) =>
      rounds.map((reports) => {
        const [many, few] = [reports.get(most), reports.get(10)];
        return many === undefined || few === undefined ? Number.NaN : value(many) / value(few);
      });
    const label = `${number.format(most)} projects ÷ 10`;
    const ratios: Figure[] = [
      {
        id: 'projects-throughput',
        label: `events per second, ${label}`,
        unit: 'times',
        samples: proportion(eventsPerSecond),
      },
      {
        id: 'projects-cpu-throughput',
        label: `events per second of CPU time, ${label}`,
        unit: 'times',
        samples: proportion((report) => 1 / cpuPerEvent(report)),
      },
    ];
    return [
      {
        title: 'Events per second by the number of projects, which are open already',
        figures: figuresOf('projects', 'per second', eventsPerSecond),
        chart: true,
      },
      { title: 'CPU time per event by the number of projects', figures: figuresOf('projects-cpu', 'µs', cpuPerEvent) },
      { title: 'Many projects', figures: ratios },
    ];
  },
};
