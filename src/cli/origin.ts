/** Where a record stood first, before it came back from a run. */
export interface Origin {
  readonly file: string;
  /** Line it began on there, from 1. */
  readonly line: number;
}

/** Where a record stood first, told by the reason that a run put beside it; undefined if that tells nothing. */
export function originOf(reason: unknown): Origin | undefined {
  if (!isPlace(reason)) return undefined;
  const { file, line, origin } = reason;
  return isPlace(origin) ? { file: origin.file, line: origin.line } : { file, line };
}

function isPlace(value: unknown): value is Origin & { readonly origin?: unknown } {
  if (typeof value !== 'object' || value === null || !('file' in value) || !('line' in value)) return false;
  return typeof value.file === 'string' && Number.isSafeInteger(value.line);
}
