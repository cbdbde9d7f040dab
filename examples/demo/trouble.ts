import type { Fault } from 'clevertap-attribution/testing';
import { projects } from './events.js';

/** The spell of trouble that the demo sends its events through; probabilities follow the emulator's seed. */
export const trouble: readonly Fault[] = [
  // A rate limit that asks one project to wait.
  { kind: 'status', status: 429, retryAfter: 1, projectId: projects[3]?.projectId, times: 12 },
  // An outage of one region, long enough to use up its retry budget: forward() waits behind a probe.
  { kind: 'status', status: 503, region: 'us', forMs: 3_000 },
  { kind: 'status', status: 503, probability: 0.01 },
  { kind: 'status', status: 502, recorded: true, probability: 0.003 },
  { kind: 'reset_before', probability: 0.004, region: 'eu' },
  { kind: 'reset_after', recorded: true, probability: 0.004 },
  { kind: 'broken_body', recorded: true, probability: 0.002 },
  { kind: 'empty_200', recorded: true, probability: 0.01 },
  { kind: 'hang', times: 5, region: 'in' },
  { kind: 'latency', ms: 150, probability: 0.05 },
];

/** What the trouble is, for people. */
export const troubleInWords =
  'a 3 s outage of one region, 503s and 502s, a rate limit with Retry-After, resets before and after the request was ' +
  'read, broken and empty answers, answers that never come, and slow ones';
