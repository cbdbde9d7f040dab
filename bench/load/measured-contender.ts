import { setTimeout as sleep } from 'node:timers/promises';
import { contenders, type ContenderName } from '../contenders/contenders.js';
import type { ContenderModule, ContenderOptions } from '../contenders/contender.js';
import { CpuClock } from './cpu-clock.js';
import { Workload } from './workload.js';

/** What the process of a contender is started with. */
export interface MeasuredContenderOptions extends ContenderOptions {
  readonly name: ContenderName;
}

/** A stretch of sending under full load. */
export interface Slice {
  /** Time under load before the measured one, in milliseconds: connections come up and lanes fill. */
  readonly rampMs: number;
  /** Measured time, in milliseconds. */
  readonly measuredMs: number;
}

/** What a slice came to. */
export interface SliceReport {
  readonly events: number;
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

/** Starts a contender, which then sends on demand. */
export async function start({ name, ...options }: MeasuredContenderOptions) {
  const module: ContenderModule = await contenders[name]();
  const contender = await module.createContender(options);
  return {
    /** Sends for a while, and measures in its middle. */
    slice: async ({ rampMs, measuredMs }: Slice): Promise<SliceReport> => {
      const workload = new Workload();
      const run = contender.run(workload);
      // Whatever goes wrong comes out of the await below.
      run.catch(() => undefined);
      await sleep(rampMs);
      const clock = new CpuClock();
      const before = workload.delivered;
      await sleep(measuredMs);
      const spent = clock.read();
      const events = workload.delivered - before;
      workload.stop();
      await run;
      return { events, ...spent };
    },
    /** Sends so many events. */
    send: async (count: number): Promise<number> => {
      const workload = new Workload(count);
      await contender.run(workload);
      return workload.delivered;
    },
  };
}
