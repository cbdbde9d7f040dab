import {
  contenderTitles,
  supportedContenders,
  unsupportedContenders,
  type ContenderName,
} from '../contenders/contenders.js';
import type { Figure, FigureGroup, Unit } from '../figure.js';
import { cpuPerEvent, eventsPerSecond, type Slice, type SliceReport } from '../load/slice.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { addSlices } from './add-slices.js';
import { inRounds, rotated } from './rounds.js';
import type { Scenario } from './scenario.js';

/** What the slices of one round of one contender came to together. */
interface RoundReport extends SliceReport {
  /** CPU time of the server meanwhile, the ramps included. */
  readonly serverCpuMicros: number;
  readonly serverWallMicros: number;
}

interface Sliceable {
  readonly slice: (slice: Slice) => Promise<SliceReport>;
}

const RAW = 'raw sockets';
type Runner = ContenderName | typeof RAW;

const titles: Readonly<Record<Runner, string>> = {
  ...contenderTitles,
  [RAW]: 'raw sockets: the ceiling of the server',
};

/** Pairs of contenders, and the name of the figure that says how many times the CPU time of the first the second takes. */
const COMPARED: readonly (readonly [one: ContenderName, other: ContenderName, id: string])[] = [
  ['send', 'undici dispatch', 'send-to-undici-dispatch'],
  ['send', 'undici request', 'send-to-undici-request'],
  ['send', 'hand-written', 'send-to-hand-written'],
  ['forward', 'send', 'forward-to-send'],
  ['send', 'fetch', 'send-to-fetch'],
  ['send', 'axios', 'send-to-axios'],
  ['send', 'got', 'send-to-got'],
  ['send', 'ky', 'send-to-ky'],
  ['send', 'customerio-node', 'send-to-customerio-node'],
];

async function measureRound(settings: Settings, round: number): Promise<Map<Runner, RoundReport>> {
  const { inFlight } = settings;
  const slices = bySize(settings, { tiny: 1, quick: 3, full: 8 });
  const slice = bySize(settings, {
    tiny: { rampMs: 20, measuredMs: 50 },
    quick: { rampMs: 60, measuredMs: 250 },
    full: { rampMs: 100, measuredMs: 500 },
  });
  const warmUp = { rampMs: 0, measuredMs: bySize(settings, { tiny: 50, quick: 600, full: 2_000 }) };

  await using processes = new ProcessGroup();
  const server = await processes.start('server', {});
  const origin = await server.origin();
  const runners: (readonly [Runner, Sliceable])[] = [[RAW, await processes.start('rawClient', { origin, inFlight })]];
  for (const name of supportedContenders) {
    runners.push([name, await processes.start('contender', { name, origin, inFlight })]);
  }

  const reports = new Map<Runner, RoundReport>();
  for (const [, runner] of runners) await runner.slice(warmUp);
  for (let turn = 0; turn < slices; turn += 1) {
    for (const [name, runner] of rotated(runners, round + turn)) {
      const before = await server.report();
      const startedAt = performance.now();
      const report = await runner.slice(slice);
      const serverWallMicros = (performance.now() - startedAt) * 1_000;
      const serverCpuMicros = (await server.report()).cpuMicros - before.cpuMicros;
      reports.set(name, add(reports.get(name), { ...report, serverCpuMicros, serverWallMicros }));
    }
  }
  return reports;
}

function add(sum: RoundReport | undefined, more: RoundReport): RoundReport {
  if (sum === undefined) return more;
  return {
    ...addSlices(sum, more),
    serverCpuMicros: sum.serverCpuMicros + more.serverCpuMicros,
    serverWallMicros: sum.serverWallMicros + more.serverWallMicros,
  };
}

/** The contenders by turns, many short slices each, so that what else the machine does hits all of them alike. */
export const contendersScenario: Scenario = {
  name: 'contenders',
  about: 'CPU time per event of send() and forward() beside bare undici, hand-written code, other clients and an SDK',

  async run(settings): Promise<FigureGroup[]> {
    const rounds = await inRounds(settings, this.name, (round) => measureRound(settings, round));
    const names: readonly Runner[] = [...supportedContenders, RAW];
    const reportsOf = (name: Runner) => rounds.flatMap((reports) => reports.get(name) ?? []);
    const figuresOf = (prefix: string, unit: Unit, value: (report: RoundReport) => number): Figure[] =>
      names.map((name) => ({
        id: `${prefix}:${name}`,
        label: titles[name],
        unit,
        samples: reportsOf(name).map(value),
      }));

    const ratios = COMPARED.flatMap(([one, other, id]): Figure[] => {
      const ones = reportsOf(one);
      const others = reportsOf(other);
      if (ones.length === 0 || others.length === 0) return [];
      const samples = ones.map((report, round) => {
        const beside = others[round];
        return beside === undefined ? Number.NaN : cpuPerEvent(beside) / cpuPerEvent(report);
      });
      return [{ id, label: `${titles[other]} ÷ ${titles[one]}`, unit: 'times', samples }];
    });

    const leftOut = unsupportedContenders.map((name) => contenderTitles[name]).join(', ');
    return [
      {
        title: 'CPU time per event',
        figures: figuresOf('cpu', 'µs', cpuPerEvent),
        note: leftOut === '' ? undefined : `Left out, since it does not support this line of Node: ${leftOut}.`,
        chart: true,
      },
      {
        title: 'Events per second',
        figures: figuresOf('throughput', 'per second', eventsPerSecond),
      },
      { title: 'CPU time in proportion', figures: ratios },
      {
        title: 'How busy the server was',
        note: 'Far from 100 %, and from what raw sockets get out of it, the server does not hold a contender back.',
        figures: figuresOf('server', '%', (report) => (report.serverCpuMicros / report.serverWallMicros) * 100),
      },
    ];
  },
};
