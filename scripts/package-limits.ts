import { FIGURE_NAMES, showFigure, type PackageFigures } from './package-figures.js';

const KB = 1000;

/**
 * The most that the package may weigh; `npm run check:package` holds it to them. Raise one with the change that needs it,
 * and leave about a tenth of room.
 */
export const LIMITS: PackageFigures = {
  packed: 1_080 * KB,
  unpacked: 4_100 * KB,
  imported: 186 * KB,
  required: 188 * KB,
  program: 760 * KB,
  installed: 12_600 * KB,
  packages: 3,
  dependencies: 2,
};

/** Each figure beside its limit, in a line; those over it say so. */
export function compareWithLimits(figures: PackageFigures): Comparison[] {
  return (Object.keys(LIMITS) as (keyof PackageFigures)[]).map((name) => {
    const isOver = figures[name] > LIMITS[name];
    const line = `${FIGURE_NAMES[name]}: ${showFigure(name, figures[name])} of ${showFigure(name, LIMITS[name])}`;
    return { isOver, line: isOver ? `${line}, too much` : line };
  });
}

/** One figure beside its limit. */
export interface Comparison {
  readonly isOver: boolean;
  /** For people. */
  readonly line: string;
}
