import type { SliceReport } from '../load/slice.js';

/** Two slices of the same thing as one; the first may not have been yet. */
export function addSlices(sum: SliceReport | undefined, more: SliceReport): SliceReport {
  if (sum === undefined) return more;
  return {
    events: sum.events + more.events,
    cpuMicros: sum.cpuMicros + more.cpuMicros,
    wallMicros: sum.wallMicros + more.wallMicros,
  };
}
