/** Kinds of trouble that are told apart; `other` is the rest. */
export type TroubleKind = 'full' | 'busy' | 'damaged' | 'foreign' | 'unopenable' | 'read_only' | 'disk' | 'other';

const KINDS: ReadonlyMap<number, readonly [TroubleKind, codeName: string]> = new Map([
  [5, ['busy', 'SQLITE_BUSY']],
  [6, ['busy', 'SQLITE_LOCKED']],
  [8, ['read_only', 'SQLITE_READONLY']],
  [10, ['disk', 'SQLITE_IOERR']],
  [11, ['damaged', 'SQLITE_CORRUPT']],
  [13, ['full', 'SQLITE_FULL']],
  [14, ['unopenable', 'SQLITE_CANTOPEN']],
  [26, ['foreign', 'SQLITE_NOTADB']],
]);

/** What kind of trouble an error of any of the drivers tells of. */
export function troubleKindOf(error: unknown): TroubleKind {
  if (typeof error !== 'object' || error === null) return 'other';
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  // node:sqlite gives the extended code, whose low byte is the primary one; better-sqlite3 its name.
  if (typeof errcode === 'number') return KINDS.get(errcode & 0xff)?.[0] ?? 'other';
  if (typeof code !== 'string') return 'other';
  for (const [kind, name] of KINDS.values()) if (code === name || code.startsWith(`${name}_`)) return kind;
  return 'other';
}

/** What to do about it, in a sentence. */
export function adviceOn(kind: TroubleKind): string {
  switch (kind) {
    case 'full':
      return 'Make room on the disk, or raise maxBytes.';
    case 'busy':
      return 'Another process kept the file locked: look for one that hangs, or for a copy or a back-up under way.';
    case 'damaged':
      return 'The file is damaged: stop all its users, keep a copy, and recover it with the `.recover` command of sqlite3.';
    case 'foreign':
      return 'The file is not an SQLite database: choose another path.';
    case 'unopenable':
      return 'See that the folder exists and that this user may write to it.';
    case 'read_only':
      return 'See that this user may write to the file and its folder.';
    case 'disk':
      return 'See to the disk; what was accepted before is kept.';
    case 'other':
      return 'What was accepted before is kept.';
  }
}
