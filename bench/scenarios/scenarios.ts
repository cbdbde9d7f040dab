import { contendersScenario } from './contenders.js';
import type { Scenario } from './scenario.js';

/** Everything that is measured, in this order. */
export const scenarios: readonly Scenario[] = [contendersScenario];
