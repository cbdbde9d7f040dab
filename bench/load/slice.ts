import { setTimeout as sleep } from 'node:timers/promises';
import { CpuClock, type Spent } from './cpu-clock.js';

/** A stretch under full load. */
export interface Slice {
  /** Time under load before the measured one, in milliseconds: connections come up and lanes fill. */
  readonly rampMs: number;
  /** Measured time, in milliseconds. */
  readonly measuredMs: number;
}

/** What a slice came to. */
export interface SliceReport extends Spent {
  readonly events: number;
}

/** Measures what runs already, in the middle of it. */
export async function measureSlice({ rampMs, measuredMs }: Slice, eventsSoFar: () => number): Promise<SliceReport> {
  await sleep(rampMs);
  const clock = new CpuClock();
  const before = eventsSoFar();
  // Once more if nothing happened: a figure per event needs an event.
  do await sleep(measuredMs);
  while (eventsSoFar() === before);
  const spent = clock.read();
  return { events: eventsSoFar() - before, ...spent };
}

/** CPU time per event, in microseconds. */
export function cpuPerEvent({ cpuMicros, events }: SliceReport): number {
  return cpuMicros / events;
}

/** Events per second. */
export function eventsPerSecond({ events, wallMicros }: SliceReport): number {
  return (events / wallMicros) * 1e6;
}
