import { AttributionClient, type ClientOptions } from 'clevertap-attribution';
import { Agent } from 'undici';
import { accountOf, PARTNER } from '../load/account.js';
import { measureSlice, type Slice, type SliceReport } from '../load/slice.js';
import { Workload } from '../load/workload.js';

/** What the process is started with. */
export interface ForwarderOptions {
  readonly origin: string;
  /** Projects, which take turns. */
  readonly projects: number;
  readonly concurrency: NonNullable<ClientOptions['concurrency']>;
  /** Connections of the client's own. @default concurrency.total */
  readonly connections?: number;
  /** Offers HTTP/2 on the client's own connections. @default false */
  readonly allowH2?: boolean;
  /** Sends over HTTP/2 with so many connections of an undici `Agent` instead. */
  readonly h2Connections?: number;
}

/** What a slice came to, with the events that were given up. */
export interface ForwarderReport extends SliceReport {
  readonly failed: number;
}

function connectionOptions({ connections, allowH2, h2Connections }: ForwarderOptions) {
  if (h2Connections === undefined) return { connections, allowH2 };
  return { dispatcher: new Agent({ allowH2: true, connections: h2Connections, pipelining: 100 }) };
}

/** Starts a client that forwards events of many projects for a while. */
export function start(options: ForwarderOptions) {
  const { origin, projects, concurrency } = options;
  const client = new AttributionClient({
    partnerName: PARTNER,
    baseUrl: origin,
    concurrency,
    ...connectionOptions(options),
  });
  const accounts = new Map(
    Array.from({ length: projects }, (_, index) => [`BENCH-${index}`, accountOf(`BENCH-${index}`)]),
  );
  const projectIds = [...accounts.keys()];
  let turn = 0;

  function* records(workload: Workload) {
    for (let event = workload.take(); event !== undefined; event = workload.take()) {
      turn = (turn + 1) % projects;
      yield { event, projectId: projectIds[turn] ?? '' };
    }
  }

  const forward = async (workload: Workload): Promise<void> => {
    for await (const { status } of client.forward(records(workload), { credentials: (id) => accounts.get(id) })) {
      if (status === 'delivered') workload.delivered += 1;
      else workload.failed += 1;
    }
  };

  return Promise.resolve({
    /** Forwards so many events. */
    warmUp: (events: number) => forward(new Workload(events)),
    /** Forwards for a while; what is pending at the end is left to end by itself. */
    slice: async (slice: Slice): Promise<ForwarderReport> => {
      const workload = new Workload();
      const run = forward(workload);
      const report = await Promise.race([measureSlice(slice, () => workload.delivered), run]);
      workload.stop();
      if (report === undefined) throw new Error('forward() ended before its source');
      return { ...report, failed: workload.failed };
    },
  });
}
