import type { FigureGroup } from '../figure.js';
import { cpuPerEvent, eventsPerSecond, type SliceReport } from '../load/slice.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

const HANGING = 'BENCH-HANGS';
const REFUSED = 'BENCH-REFUSED';
const HEALTHY = Array.from({ length: 99 }, (_, index) => `BENCH-${index}`);

async function measure(settings: Settings, sick: readonly string[]): Promise<SliceReport> {
  await using processes = new ProcessGroup();
  const server = await processes.start('server', { hanging: [HANGING], refused: [REFUSED] });
  const client = await processes.start('mixedForward', { origin: await server.origin(), healthy: HEALTHY, sick });
  await client.warmUp(bySize(settings, { tiny: 1_000, quick: 20_000, full: 100_000 }));
  const events = bySize(settings, { tiny: 2_000, quick: 200_000, full: 200_000 });
  // Alone, as many as they are in the part of the source that the others are read of as well before that stops.
  return await client.forward(sick.length > 0 ? events : Math.ceil(events / 5));
}

/** Whether projects in trouble cost the others anything. */
export const sickProjectsScenario: Scenario = {
  name: 'sick-projects',
  about: 'throughput of 99 healthy projects beside one that hangs and one that answers 429',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const rounds = await inRounds(settings, this.name, async (round) => {
      const besideFirst = round % 2 === 0 ? await measure(settings, [HANGING, REFUSED]) : undefined;
      const alone = await measure(settings, []);
      const beside = besideFirst ?? (await measure(settings, [HANGING, REFUSED]));
      return {
        alone: eventsPerSecond(alone),
        beside: eventsPerSecond(beside),
        cpuRatio: cpuPerEvent(alone) / cpuPerEvent(beside),
        delivered: beside.events,
      };
    });
    return [
      {
        title: 'Healthy projects beside sick ones, until the look-ahead is full of those',
        figures: [
          {
            id: 'healthy-alone',
            label: '99 healthy alone',
            unit: 'per second',
            samples: rounds.map(({ alone }) => alone),
          },
          {
            id: 'healthy-beside',
            label: 'beside the two',
            unit: 'per second',
            samples: rounds.map(({ beside }) => beside),
          },
          {
            id: 'healthy-ratio',
            label: 'events per second, beside ÷ alone',
            unit: 'times',
            samples: rounds.map(({ alone, beside }) => beside / alone),
          },
          {
            id: 'healthy-cpu-ratio',
            label: 'events per second of CPU time, beside ÷ alone',
            unit: 'times',
            samples: rounds.map(({ cpuRatio }) => cpuRatio),
          },
          {
            id: 'healthy-events',
            label: 'delivered until the look-ahead was full',
            unit: 'events',
            samples: rounds.map(({ delivered }) => delivered),
          },
        ],
      },
    ];
  },
};
