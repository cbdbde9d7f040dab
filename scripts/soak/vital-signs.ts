import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Tolerance } from './growth.js';
import type { StoreThreadSize } from './store-thread-size.js';

/** What is watched of the process. */
export type VitalSign =
  | 'heapMiB'
  | 'storeThreadMiB'
  | 'buffersMiB'
  | 'residentMiB'
  | 'fileDescriptors'
  | 'processListeners'
  | 'signalListeners';

/**
 * How much of each may be more at the end than at the beginning. Memory moves with what is pending at the moment, and
 * descriptors with the connections that are open; listeners of the process do not move at all, and one on a signal serves all its events.
 */
export const TOLERANCES: Readonly<Record<VitalSign, Tolerance>> = {
  heapMiB: { share: 0.05, absolute: 3 },
  storeThreadMiB: { share: 0.1, absolute: 2 },
  buffersMiB: { share: 0.1, absolute: 4 },
  residentMiB: { share: 0.25, absolute: 32 },
  fileDescriptors: { share: 0.2, absolute: 12 },
  processListeners: { share: 0, absolute: 0 },
  signalListeners: { share: 0, absolute: 8 },
};

const MIB = 2 ** 20;

/** Takes all of them, garbage being collected first. Needs `--expose-gc`. */
export function takeVitalSigns(signal: AbortSignal, storeThread: StoreThreadSize): Readonly<Record<VitalSign, number>> {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  globalThis.gc();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  return {
    heapMiB: heapUsed / MIB,
    storeThreadMiB: storeThread.bytes / MIB,
    buffersMiB: arrayBuffers / MIB,
    residentMiB: rss / MIB,
    fileDescriptors: countFileDescriptors(),
    processListeners: countProcessListeners(),
    signalListeners: getEventListeners(signal, 'abort').length,
  };
}

/** Listeners on the process, of all its events. */
export function countProcessListeners(): number {
  return process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as string), 0);
}

/** Files and sockets that are open; 0 where the system does not tell. */
export function countFileDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
