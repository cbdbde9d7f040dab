import type { Workload } from '../load/workload.js';

/** What a contender is made with. */
export interface ContenderOptions {
  /** The server to send to. */
  readonly origin: string;
  /** Events in flight at a time. */
  readonly inFlight: number;
}

/** One way of sending events. */
export interface Contender {
  /** Sends the workload and resolves at its end; rejects if an event was not delivered. */
  run(workload: Workload): Promise<void>;
}

/** What the module of a contender exports. */
export interface ContenderModule {
  createContender(options: ContenderOptions): Contender | Promise<Contender>;
}
