/** Keys shorter than this are too much like other words. */
const SHORTEST = 4;

/** From this length on, two mistakes are still no accident. */
const LONG = 8;

/**
 * The known key that was probably meant by one that is a typing mistake or two away from it, whatever its case: a letter that is
 * missing or too many, or two that changed places, counts as one, a wrong letter as two. Undefined if there is none, or several.
 */
export function nearKey(key: string, known: Iterable<string>): string | undefined {
  const typed = key.trim().toLowerCase();
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (candidate.length < SHORTEST) continue;
    const allowed = candidate.length < LONG ? 1 : 2;
    if (Math.abs(candidate.length - typed.length) > allowed) continue;
    const mistakes = countMistakes(typed, candidate.toLowerCase());
    if (mistakes > allowed || mistakes > fewest) continue;
    nearest = mistakes === fewest ? undefined : candidate;
    fewest = mistakes;
  }
  return nearest;
}

/** The distance between two texts by letters that are put in, left out, or changed places with the next. */
function countMistakes(typed: string, meant: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: meant.length + 1 }, (_, column) => column);
  for (let row = 1; row <= typed.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= meant.length; column += 1) {
      const same = typed[row - 1] === meant[column - 1];
      const swapped = typed[row - 1] === meant[column - 2] && typed[row - 2] === meant[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          same ? at(last, column - 1) : Number.POSITIVE_INFINITY,
          swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, meant.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
