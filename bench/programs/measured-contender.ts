import { contenders, type ContenderName } from '../contenders/contenders.js';
import type { ContenderModule, ContenderOptions } from '../contenders/contender.js';
import { measureSlice, type Slice, type SliceReport } from '../load/slice.js';
import { Workload } from '../load/workload.js';

/** What the process of a contender is started with. */
export interface MeasuredContenderOptions extends ContenderOptions {
  readonly name: ContenderName;
}

/** Starts a contender, which then sends on demand. */
export async function start({ name, ...options }: MeasuredContenderOptions) {
  const module: ContenderModule = await contenders[name]();
  const contender = await module.createContender(options);
  return {
    /** Sends for a while. */
    slice: async (slice: Slice): Promise<SliceReport> => {
      const workload = new Workload();
      const run = contender.run(workload);
      const [report] = await Promise.all([
        measureSlice(slice, () => workload.delivered).finally(() => workload.stop()),
        run,
      ]);
      return report;
    },
    /** Sends so many events. */
    send: async (count: number): Promise<number> => {
      const workload = new Workload(count);
      await contender.run(workload);
      return workload.delivered;
    },
  };
}
