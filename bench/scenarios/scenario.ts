import type { FigureGroup } from '../figure.js';
import type { Settings } from '../settings.js';

/** One thing that is measured. */
export interface Scenario {
  /** Name on the command line. */
  readonly name: string;
  /** What it finds out, in a sentence. */
  readonly about: string;
  run(settings: Settings): Promise<FigureGroup[]>;
}
