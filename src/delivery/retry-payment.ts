import type { AttemptFailure } from './failure.js';
import type { RegionHealth } from './region-health.js';

/**
 * The delay of a retry that the region's budget bears, in milliseconds, or that will wait at the region's gate; undefined if
 * there is to be none. `patient` events wait at the gate once the budget is used up, which closes it.
 */
export function payForRetry(
  failure: AttemptFailure,
  delayMs: number,
  health: RegionHealth,
  patient: boolean,
): number | undefined {
  // It says nothing of the region: the project's own limit and pause see to it.
  if (failure.code === 'rate_limited') return delayMs;
  const floorMs = failure.retryAfterMs ?? 0;
  // Behind a closed gate the probe sets the pace; what the server asked of this event holds all the same.
  if (patient && !health.gate.open) return floorMs;
  if (health.budget.take()) return delayMs;
  if (!patient) return undefined;
  health.closeGate(floorMs);
  return floorMs;
}
