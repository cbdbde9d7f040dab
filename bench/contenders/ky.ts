import ky from 'ky';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { constantPath } from './hand-written-query.js';

/** ky with a constant URL. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const url = `${origin}${constantPath}`;
  return { run: (workload) => sendInLanes(workload, inFlight, async () => expectSuccess(await ky(url).json())) };
}
