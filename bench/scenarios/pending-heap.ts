import type { FigureGroup } from '../figure.js';
import { ProcessGroup } from '../process/process-group.js';
import { bySize, type Settings } from '../settings.js';
import { inRounds } from './rounds.js';
import type { Scenario } from './scenario.js';

/** What a pending event weighs while nothing gets through. */
export const pendingHeapScenario: Scenario = {
  name: 'pending-heap',
  about: 'heap per pending event behind a server that does not answer',

  async run(settings: Settings): Promise<FigureGroup[]> {
    const events = bySize(settings, { tiny: 500, quick: 20_000, full: 20_000 });
    const samples = await inRounds(settings, this.name, async () => {
      await using processes = new ProcessGroup();
      const server = await processes.start('server', {});
      const origin = await server.origin();
      const client = await processes.start('pendingSends', { origin }, { execArgv: ['--expose-gc'] });
      await client.warmUp(bySize(settings, { tiny: 300, quick: 10_000, full: 10_000 }));
      await server.behave({ hanging: 'all' });
      return await client.weigh(events);
    });
    const label = 'heap per pending event, the event itself and its promise included';
    return [{ title: 'Pending events', figures: [{ id: 'pending-heap', label, unit: 'bytes', samples }] }];
  },
};
