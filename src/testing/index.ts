/** Entry `clevertap-attribution/testing`: CleverTap's endpoint, emulated; and what a queue behind an outbox must do, as checks. */

export { createEmulator } from './emulator.js';
export type { Emulator } from './emulator.js';
export { startEmulator } from './listening-emulator.js';
export type { ListeningEmulator, OpenConnections, RegionUrls } from './listening-emulator.js';
export type { EmulatorOptions, ListenOptions, RegionsListenOptions, SingleListenOptions } from './emulator-options.js';
export type {
  BrokenBodyFault,
  EmptyFault,
  FailFault,
  Fault,
  FaultBehaviour,
  FaultKind,
  FaultLimit,
  FaultScope,
  GarbageFault,
  HangFault,
  HtmlFault,
  LatencyFault,
  MayRecord,
  OversizedBodyFault,
  ParallelLimitFault,
  RedirectFault,
  ResetAfterFault,
  ResetBeforeFault,
  StalledBodyFault,
  StatusFault,
} from './fault.js';
export type { FaultHandle, Faults } from './fault-list.js';
export type { MswHttp } from './msw-handlers.js';
export type { ReceivedRequest } from './received-request.js';
export type { RequestCounts } from './request-counts.js';
export { queueConformance } from './queue-conformance.js';
export type { ConformanceCheck } from './queue-conformance.js';
export { runQueueProcess } from './queue-process.js';
export type { QueueAbility, QueueProcess, QueueProcessTask, QueueStore, QueueUnderTest } from './queue-under-test.js';
