/** One thing that is told of a run. */
export interface ProgressPart {
  readonly text: string;
  /** Where there is no room for all parts, those with the highest rank go first. */
  readonly rank: number;
}

// For the ^C that a terminal shows where the cursor is, and because a line that fills the last column may wrap.
const KEPT_FREE = 3;

/**
 * How far a run is, as a line of text.
 *
 * @param share of the input that is done, 0 to 1; undefined if its size is not known.
 */
export function plainLine(share: number | undefined, parts: readonly ProgressPart[]): string {
  const percentage = share === undefined ? [] : [`${Math.floor(share * 100)} %`];
  return [...percentage, ...parts.map(({ text }) => text)].join('  ');
}

/**
 * The same with a bar before it, in a terminal of so many columns. A narrow one has a shorter bar or none, and where there is
 * no room for all parts it goes without some, by their rank.
 */
export function barLine(share: number | undefined, parts: readonly ProgressPart[], columns: number): string {
  const bar = share === undefined ? '' : drawBar(share, barLength(columns));
  const room = columns - KEPT_FREE - bar.length;
  let kept = parts;
  while (kept.length > 0 && plainLine(share, kept).length > room) kept = withoutLeast(kept);
  return bar + plainLine(share, kept);
}

// By the terminal alone: a bar that changed its length with every digit of a count would not be seen to grow.
function barLength(columns: number): number {
  if (columns >= 100) return 24;
  return columns >= 60 ? 12 : 0;
}

function withoutLeast(parts: readonly ProgressPart[]): ProgressPart[] {
  const highest = Math.max(...parts.map(({ rank }) => rank));
  return parts.filter(({ rank }) => rank < highest);
}

function drawBar(share: number, length: number): string {
  const done = Math.min(length, Math.round(share * length));
  return length === 0 ? '' : `${'█'.repeat(done)}${'░'.repeat(length - done)} `;
}
