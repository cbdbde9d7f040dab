import { codecScenario } from './codec.js';
import { contendersScenario } from './contenders.js';
import { latencyScenario } from './latency.js';
import { limitScenario } from './limit.js';
import { memoryScenario } from './memory.js';
import { outageScenario } from './outage.js';
import { outboxScenario } from './outbox.js';
import { pendingHeapScenario } from './pending-heap.js';
import { projectsScenario } from './projects.js';
import type { Scenario } from './scenario.js';
import { sickProjectsScenario } from './sick-projects.js';
import { stallScenario } from './stall.js';

/** Everything that is measured, in this order. */
export const scenarios: readonly Scenario[] = [
  contendersScenario,
  codecScenario,
  pendingHeapScenario,
  stallScenario,
  memoryScenario,
  projectsScenario,
  sickProjectsScenario,
  outageScenario,
  limitScenario,
  latencyScenario,
  outboxScenario,
];
