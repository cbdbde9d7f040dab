import type { Fault } from '../../src/testing/index.js';
import { STORED_EVENT } from './traffic.js';

const FAULTS: readonly ((random: () => number) => Fault)[] = [
  () => ({ kind: 'status', status: 500, forMs: 100 }),
  () => ({ kind: 'status', status: 503, retryAfter: 0, times: 20 }),
  () => ({ kind: 'status', status: 504, recorded: true, times: 10 }),
  () => ({ kind: 'status', status: 429, retryAfter: 0, times: 10 }),
  () => ({ kind: 'status', status: 400, times: 3 }),
  () => ({ kind: 'status', status: 404, times: 3 }),
  (random) => ({ kind: 'latency', ms: Math.round(random() * 100), times: 100 }),
  () => ({ kind: 'hang', times: 3 }),
  () => ({ kind: 'stalled_body', recorded: true, times: 3 }),
  () => ({ kind: 'broken_body', recorded: true, times: 10 }),
  () => ({ kind: 'reset_before', forMs: 50 }),
  () => ({ kind: 'reset_after', recorded: true, times: 20 }),
  () => ({ kind: 'empty_200', recorded: true, times: 10 }),
  () => ({ kind: 'html_200', recorded: true, times: 10 }),
  () => ({ kind: 'fail_200', code: 503, times: 10 }),
  () => ({ kind: 'oversized_body', bytes: 300_000, recorded: true, times: 5 }),
  () => ({ kind: 'redirect', location: 'https://elsewhere.example/', times: 3 }),
  () => ({ kind: 'garbage', times: 5 }),
  () => ({ kind: 'status', status: 400, eventType: STORED_EVENT, times: 5 }),
  () => ({ kind: 'redirect', location: 'https://elsewhere.example/', eventType: STORED_EVENT, times: 5 }),
  () => ({ kind: 'status', status: 503, eventType: STORED_EVENT, times: 60 }),
  () => ({ kind: 'reset_after', eventType: STORED_EVENT, recorded: true, times: 30 }),
];

/** Any kind of trouble, that soon ends. */
export function anyFault(random: () => number): Fault {
  const make = FAULTS[Math.floor(random() * FAULTS.length)];
  if (make === undefined) throw new Error('there is no such fault');
  return make(random);
}
