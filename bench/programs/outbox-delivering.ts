import { performance } from 'node:perf_hooks';
import { AttributionClient } from 'clevertap-attribution';
import { Outbox, sqliteQueue, type OutboxNotice } from 'clevertap-attribution/outbox';
import { accountOf, PARTNER } from '../load/account.js';
import { sampleEvent } from '../load/sample-events.js';

/** What the process is started with. */
export interface OutboxDeliveringOptions {
  /** The file. */
  readonly path: string;
  readonly origin: string;
  /** Requests in flight, of one project and in all. */
  readonly inFlight: number;
}

/** Events to a call of `addMany`. */
const BATCH = 10_000;

/** Starts an outbox with a delivery, and a client for comparison. */
export function start({ path, origin, inFlight }: OutboxDeliveringOptions) {
  const concurrency = { perProject: inFlight, total: inFlight };
  const client = new AttributionClient({ partnerName: PARTNER, baseUrl: origin, concurrency });
  let onNotice: (notice: OutboxNotice) => void = () => undefined;
  let opened: Outbox | undefined;
  const open = () =>
    (opened ??= new Outbox({
      client,
      queue: sqliteQueue({ path, maxEvents: 1e9, maxBytes: 2 ** 40, maxShare: 1 }),
      credentials: accountOf,
      // So many as by default, which is more than can be in flight: the next ones are there when there is room.
      perProject: 256,
      onNotice: (notice) => onNotice(notice),
    }));

  /** Delivers until it is told that this is enough; once for a process. */
  const deliver = async (isEnough: (notice: OutboxNotice) => boolean): Promise<void> => {
    const outbox = open();
    await new Promise<void>((resolve, reject) => {
      onNotice = (notice) => {
        if (notice.type !== 'delivered') reject(new Error(`an event was not delivered: ${notice.type}`));
        else if (isEnough(notice)) resolve();
      };
      outbox.start().catch(reject);
    });
    onNotice = () => undefined;
  };

  return Promise.resolve({
    /** Stores so many events of a project. */
    fill: async ({ projectId, events }: { projectId: string; events: number }): Promise<void> => {
      for (let from = 0; from < events; from += BATCH) {
        const length = Math.min(BATCH, events - from);
        const records = Array.from({ length }, (_, index) => ({ event: sampleEvent(from + index), projectId }));
        const [result] = await open().addMany(records);
        if (result?.error !== undefined) throw result.error;
      }
    },
    /** Events a second through `forward()`, without an outbox. */
    forward: async (events: number): Promise<number> => {
      function* records() {
        for (let index = 0; index < events; index += 1) yield { event: sampleEvent(index), projectId: 'FORWARDED' };
      }
      const startedAt = performance.now();
      for await (const { error } of client.forward(records(), { credentials: accountOf })) {
        if (error !== undefined) throw error;
      }
      return (events / (performance.now() - startedAt)) * 1_000;
    },
    /** Events a second out of the outbox: claimed, delivered and settled. The first ones are not counted. */
    deliver: async ({ first, events }: { first: number; events: number }): Promise<number> => {
      let delivered = 0;
      let startedAt = Number.NaN;
      await deliver(() => {
        delivered += 1;
        if (delivered === first) startedAt = performance.now();
        return delivered === first + events;
      });
      return (events / (performance.now() - startedAt)) * 1_000;
    },
    /** Which delivery the first one of a project is. */
    turnOf: async (projectId: string): Promise<number> => {
      let delivered = 0;
      await deliver((notice) => ((delivered += 1), 'projectId' in notice && notice.projectId === projectId));
      return delivered;
    },
    close: async (): Promise<void> => {
      await opened?.close();
      await client.close();
    },
  });
}
