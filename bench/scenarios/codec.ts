import type { FigureGroup } from '../figure.js';
import { startProcess } from '../process/start-process.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** What the work on an event costs without sending it. */
export const codecScenario: Scenario = {
  name: 'codec',
  about: 'CPU time per event of validating, encoding and classifying the answer, and per project of opening it',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const events = bySize(settings, { tiny: 2_000, quick: 200_000, full: 1_000_000 });
    const projects = bySize(settings, { tiny: 100, quick: 10_000, full: 10_000 });
    const rounds = await inRounds(settings, this.name, async () => {
      await using codec = await startProcess('codec', undefined);
      await codec.measure(events / 2);
      const event = await codec.measure(events);
      await codec.open(projects);
      return { event, project: await codec.open(projects) };
    });
    return [
      {
        title: 'Contract',
        figures: [
          {
            id: 'codec-cpu',
            label: 'validate, encode and classify one event',
            unit: 'µs',
            samples: rounds.map(({ event }) => event),
          },
          {
            id: 'open-cpu',
            label: 'check the credentials of one project and prepare its queries, once in a run',
            unit: 'µs',
            samples: rounds.map(({ project }) => project),
          },
        ],
      },
    ];
  },
};
