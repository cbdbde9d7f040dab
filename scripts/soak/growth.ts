/** How much more the last third of a run may show than the first. */
export interface Tolerance {
  /** Share of the first third. */
  readonly share: number;
  /** In the figure's own unit, beside the share. */
  readonly absolute: number;
}

/** What became of a figure over a run. */
export interface Growth {
  /** Medians of the three thirds. */
  readonly medians: readonly [first: number, second: number, last: number];
  /** Most that the last may be. */
  readonly allowed: number;
  readonly grows: boolean;
}

/** Samples that a verdict needs. */
export const FEWEST_SAMPLES = 9;

/**
 * Compares the medians of the thirds of a run, so that single peaks do not count.
 *
 * @throws {Error} with fewer than nine samples.
 */
export function growthOf(samples: readonly number[], { share, absolute }: Tolerance): Growth {
  if (samples.length < FEWEST_SAMPLES) throw new Error(`${samples.length} samples are too few for a verdict`);
  const [one, two] = [Math.floor(samples.length / 3), Math.floor((2 * samples.length) / 3)];
  const medians = [
    medianOf(samples.slice(0, one)),
    medianOf(samples.slice(one, two)),
    medianOf(samples.slice(two)),
  ] as const;
  const allowed = medians[0] * (1 + share) + absolute;
  return { medians, allowed, grows: medians[2] > allowed };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
