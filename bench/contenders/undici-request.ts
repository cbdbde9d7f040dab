import { Pool } from 'undici';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { constantPath } from './hand-written-query.js';

/** `undici.request` of a constant path, and `body.json()`. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const pool = new Pool(origin, { connections: inFlight });
  const send = async () => {
    const { body } = await pool.request({ path: constantPath, method: 'GET' });
    expectSuccess(await body.json());
  };
  return { run: (workload) => sendInLanes(workload, inFlight, send) };
}
