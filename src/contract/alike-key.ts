/** The known key that was probably meant: one with the same letters, whatever their case and what stands between them. */
export function alikeKey(key: string, known: Iterable<string>): string | undefined {
  const letters = lettersOf(key);
  for (const candidate of known) if (lettersOf(candidate) === letters) return candidate;
  return undefined;
}

function lettersOf(key: string): string {
  return key.toLowerCase().replace(/[^a-z]/g, '');
}
