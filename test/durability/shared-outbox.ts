import { startEmulator } from '../../src/testing/index.js';
import { canaryCredentials } from '../support/canary.js';
import { OutboxProcess } from './outbox-process.js';

/** What several processes on one store did. */
export interface SharedReport {
  readonly accepted: number;
  /** Events that arrived, each counted once. */
  readonly distinct: number;
  /** Requests that the emulator got. */
  readonly requests: number;
  /** Events that each process has delivered. */
  readonly delivered: readonly (number | undefined)[];
  readonly exitCodes: readonly (number | null)[];
  readonly output: string;
}

/** Has several processes add to one store and deliver from it at the same time, until nothing is left; none is killed. */
export async function shareOutbox(
  store: string,
  { processes, producers, each }: { readonly processes: number; readonly producers: number; readonly each: number },
): Promise<SharedReport> {
  const projects = Array.from({ length: 5 }, (_, index) => canaryCredentials({ projectId: `SHARED-${index}` }));
  const accepted = new Set<string>();
  const distinct = new Set<string>();
  await using emulator = await startEmulator({
    listen: 'single',
    accounts: projects,
    keep: 0,
    onRequest: ({ recorded, params }) => {
      if (recorded) distinct.add(params['id'] ?? '');
    },
  });
  // Answers take a while, so that many are out at once.
  emulator.faults.add({ kind: 'latency', ms: 5 });
  const common = { store, baseUrl: emulator.baseUrl, producers, each, inFlight: 32, leaseMs: 30_000, projects };
  const running = Array.from(
    { length: processes },
    (_, index) => new OutboxProcess({ ...common, run: `p${index}` }, (id) => accepted.add(id)),
  );
  const exitCodes = await Promise.all(running.map(({ exited }) => exited));
  return {
    accepted: accepted.size,
    distinct: distinct.size,
    requests: emulator.counts.requests,
    delivered: running.map(({ said }) => said.delivered),
    exitCodes,
    output: running.map(({ output }) => output).join(''),
  };
}
