import type { FigureGroup } from '../figure.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** How long everything else in the process has to wait while many events come at once. */
export const stallScenario: Scenario = {
  name: 'stall',
  about: 'longest event-loop stall while 20,000 sends are accepted, 1,000 to a turn',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const events = bySize(settings, { tiny: 2_000, quick: 20_000, full: 20_000 });
    const bursts = bySize(settings, { tiny: 0, quick: 4, full: 8 });
    const stalls = await inRounds(settings, this.name, async () => {
      await using processes = new ProcessGroup();
      const server = await processes.start('server', {});
      const client = await processes.start(
        'acceptingSends',
        { origin: await server.origin() },
        { execArgv: ['--expose-gc'] },
      );
      const first = await client.accept(events);
      // Until then the compiler is at work.
      for (let burst = 0; burst < bursts; burst += 1) await client.accept(events);
      return { first, again: await client.accept(events) };
    });
    return [
      {
        title: `Event loop while ${new Intl.NumberFormat('en').format(events)} sends are accepted`,
        figures: [
          { id: 'stall', label: 'longest stall', unit: 'ms', samples: stalls.map(({ again }) => again.wallMs) },
          {
            id: 'stall-cpu',
            label: 'longest turn, CPU time',
            unit: 'ms',
            samples: stalls.map(({ again }) => again.cpuMs),
          },
          {
            id: 'stall-cold',
            label: 'longest stall, if they are the first of the process',
            unit: 'ms',
            samples: stalls.map(({ first }) => first.wallMs),
          },
        ],
      },
    ];
  },
};
