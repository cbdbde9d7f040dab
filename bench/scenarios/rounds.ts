import type { Settings } from '../settings.js';

/** Runs something once per round. */
export async function inRounds<Result>(
  { rounds, progress }: Settings,
  name: string,
  run: (round: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let round = 0; round < rounds; round += 1) {
    progress(`${name}: round ${round + 1} of ${rounds}`);
    results.push(await run(round));
  }
  return results;
}

/** The list begun at another place each time, so that nobody is always first. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
