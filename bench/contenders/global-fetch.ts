import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { constantPath } from './hand-written-query.js';

/** Node's own `fetch` of a constant URL. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const url = `${origin}${constantPath}`;
  const send = async () => {
    const response = await fetch(url);
    expectSuccess(await response.json());
  };
  return { run: (workload) => sendInLanes(workload, inFlight, send) };
}
