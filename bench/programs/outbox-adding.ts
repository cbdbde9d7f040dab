import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { AttributionClient } from 'clevertap-attribution';
import { Outbox, sqliteQueue } from 'clevertap-attribution/outbox';
import { accountOf, PARTNER } from '../load/account.js';
import { sampleEvents } from '../load/sample-events.js';

/** What the process is started with. */
export interface OutboxAddingOptions {
  /** The file; it must not be there. */
  readonly path: string;
}

/** What adding came to. */
export interface OutboxAddingReport {
  /** Events a second. */
  readonly rate: number;
  /** 99th percentile of what the event loop was late by, in milliseconds. */
  readonly delayP99Ms: number;
}

const RESOLUTION_MS = 1;

/** Starts an outbox that events are added to and that delivers nothing. */
export function start({ path }: OutboxAddingOptions) {
  const client = new AttributionClient({ partnerName: PARTNER });
  const outbox = new Outbox({ client, queue: sqliteQueue({ path, maxEvents: 1e9, maxBytes: 2 ** 40 }) });
  const projects = Array.from({ length: 20 }, (_, index) => accountOf(`BENCH-${index}`).projectId);
  const events = sampleEvents(300);
  return Promise.resolve({
    /** What the event loop is late by on this machine now, with nothing to do, in milliseconds. */
    idle: async (durationMs: number): Promise<number> => {
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delay.enable();
      await new Promise((resolve) => setTimeout(resolve, durationMs));
      delay.disable();
      return delay.percentile(99) / 1e6 - RESOLUTION_MS;
    },
    /** Adds from so many callers, each one event after another. */
    add: async ({ callers, durationMs }: { callers: number; durationMs: number }): Promise<OutboxAddingReport> => {
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delay.enable();
      const startedAt = performance.now();
      let added = 0;
      const call = async (): Promise<void> => {
        while (performance.now() - startedAt < durationMs) {
          const event = events[added % events.length];
          const projectId = projects[added % projects.length];
          if (event === undefined) throw new RangeError('there is no event');
          added += 1;
          await outbox.add(event, { projectId });
        }
      };
      await Promise.all(Array.from({ length: callers }, call));
      delay.disable();
      return {
        rate: (added / (performance.now() - startedAt)) * 1_000,
        delayP99Ms: delay.percentile(99) / 1e6 - RESOLUTION_MS,
      };
    },
  });
}
