import { AttributionClient } from 'clevertap-attribution';
import { accountOf, PARTNER } from '../load/account.js';
import { CpuClock } from '../load/cpu-clock.js';
import { sampleEvent } from '../load/sample-events.js';
import type { SliceReport } from '../load/slice.js';

/** What the process is started with. */
export interface MixedForwardOptions {
  readonly origin: string;
  /** Projects that the server treats well. */
  readonly healthy: readonly string[];
  /** Projects that it does not. */
  readonly sick: readonly string[];
}

const LOOK_AHEAD = 1_024;
const IN_FLIGHT = 256;

/** Starts a client that forwards for healthy projects, with sick ones among them. */
export function start({ origin, healthy, sick }: MixedForwardOptions) {
  const client = new AttributionClient({ partnerName: PARTNER, baseUrl: origin, concurrency: { total: IN_FLIGHT } });
  const all = [...healthy, ...sick];
  const isSick = new Set(sick);

  const forward = async (events: number, projects: readonly string[]): Promise<SliceReport> => {
    const source = { sickPending: 0, healthyPending: 0, atEnd: false };
    function* records() {
      for (let index = 0; index < events; index += 1) {
        const projectId = projects[index % projects.length] ?? '';
        if (isSick.has(projectId)) source.sickPending += 1;
        else source.healthyPending += 1;
        yield { event: sampleEvent(index), projectId };
      }
      source.atEnd = true;
    }
    const clock = new CpuClock();
    let delivered = 0;
    const results = client.forward(records(), { credentials: accountOf, lookAhead: LOOK_AHEAD });
    // With more sick ones in the look-ahead, fewer healthy ones are there than could be in flight. Either way the run is
    // left as it is: to end it would mean to wait for a project that hangs.
    while (source.sickPending <= LOOK_AHEAD - IN_FLIGHT && !(source.atEnd && source.healthyPending === 0)) {
      const next = await results.next();
      if (next.done === true) break;
      const { projectId = '', status, error } = next.value;
      if (isSick.has(projectId)) source.sickPending -= 1;
      else if (status === 'delivered') {
        source.healthyPending -= 1;
        delivered += 1;
      } else throw error;
    }
    return { events: delivered, ...clock.read() };
  };

  return Promise.resolve({
    /** The healthy projects' deliveries until the source ends, or the sick ones leave them no room. */
    forward: (events: number) => forward(events, all),
    /** Forwards so many events of the healthy projects. */
    warmUp: (events: number) => forward(events, healthy),
  });
}
