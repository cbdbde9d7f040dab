import type { QueueTrial } from './queue-trial.js';
import type { QueueAbility, QueueStore } from './queue-under-test.js';

/** What a check asks of the engine beyond the interface. */
export type Need = QueueAbility | Extract<keyof QueueStore, 'startProcess' | 'cutOff'>;

/** One thing that a queue must do. */
export interface QueueCheck {
  readonly name: string;
  readonly needs?: Need;
  /** Events that the store may hold, where that matters. */
  readonly maxEvents?: number;
  run(trial: QueueTrial): Promise<void>;
}
