import axios from 'axios';
import { sendInLanes } from '../load/send-in-lanes.js';
import type { Contender, ContenderOptions } from './contender.js';
import { expectSuccess } from './expect-success.js';
import { constantPath } from './hand-written-query.js';

/** axios with a constant URL. */
export function createContender({ origin, inFlight }: ContenderOptions): Contender {
  const client = axios.create({ baseURL: origin });
  const send = async () => {
    const { data } = await client.get<unknown>(constantPath);
    expectSuccess(data);
  };
  return { run: (workload) => sendInLanes(workload, inFlight, send) };
}
