/** Units of figures. */
export type Unit = 'µs' | 'ms' | 'times' | '%' | 'per second' | 'bytes' | 'MB' | 'requests' | 'events';

/** One figure, measured once per round. */
export interface Figure {
  /** Name that a target refers to; does not change. */
  readonly id: string;
  /** What was measured, in words. */
  readonly label: string;
  readonly unit: Unit;
  /** One value per round. */
  readonly samples: readonly number[];
}

/** Figures that belong together. */
export interface FigureGroup {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** What one must know to read them. */
  readonly note?: string | undefined;
  /** Whether they are worth a chart. */
  readonly chart?: boolean;
}
