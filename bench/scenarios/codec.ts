import type { FigureGroup } from '../figure.js';
import { startProcess } from '../process/start-process.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** What the work on an event costs without sending it. */
export const codecScenario: Scenario = {
  name: 'codec',
  about: 'CPU time per event of validating, encoding and classifying the answer',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const events = bySize(settings, { tiny: 2_000, quick: 200_000, full: 1_000_000 });
    const samples = await inRounds(settings, this.name, async () => {
      await using codec = await startProcess('codec', undefined);
      await codec.measure(events / 2);
      return await codec.measure(events);
    });
    const label = 'validate, encode and classify one event';
    return [{ title: 'Contract', figures: [{ id: 'codec-cpu', label, unit: 'µs', samples }] }];
  },
};
