import type { FigureGroup } from '../figure.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

const BYTES_PER_MEGABYTE = 1024 ** 2;

/** Whether memory stays where it is, however much is forwarded. */
export const memoryScenario: Scenario = {
  name: 'memory',
  about: 'resident memory over a forward of 1,000,000 events',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const { inFlight } = settings;
    const size = bySize(settings, {
      tiny: { events: 2_000, first: 1_000 },
      quick: { events: 200_000, first: 100_000 },
      full: { events: 1_000_000, first: 100_000 },
    });
    // Each round takes long and hardly differs from the others.
    const rounds = bySize(settings, { tiny: 1, quick: 1, full: 2 });
    const reports = await inRounds({ ...settings, rounds }, this.name, async () => {
      await using processes = new ProcessGroup();
      const server = await processes.start('server', {});
      const client = await processes.start('longForward', { origin: await server.origin(), inFlight });
      return await client.forward(size);
    });
    const [first, events] = [size.first, size.events].map((count) => new Intl.NumberFormat('en').format(count));
    const megabytes = (bytes: (report: (typeof reports)[number]) => number) =>
      reports.map((report) => bytes(report) / BYTES_PER_MEGABYTE);
    return [
      {
        title: `Resident memory over a forward of ${events ?? ''} events`,
        figures: [
          {
            id: 'memory-first',
            label: `after ${first ?? ''} events`,
            unit: 'MB',
            samples: megabytes((one) => one.first),
          },
          { id: 'memory-end', label: 'at the end', unit: 'MB', samples: megabytes((one) => one.end) },
          { id: 'memory-growth', label: 'difference', unit: 'MB', samples: megabytes((one) => one.end - one.first) },
        ],
      },
    ];
  },
};
