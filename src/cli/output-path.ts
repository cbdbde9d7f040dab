import { accessSync, constants, lstatSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeFileTrouble } from './file-error.js';
import { UsageError } from './usage-error.js';

/** What a file of this program must be opened with, so that a link which somebody else put there is not followed. */
// Not on every system: Windows has no such flag, and needs a privilege for making links.
export const NO_FOLLOW = (constants as { readonly O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;

/**
 * Looks at a path that this program is going to write, without touching it.
 *
 * @returns whether there is a file.
 * @throws {UsageError} if it is a link, a folder, a device or another user's, or its folder cannot be written.
 */
export function inspectOutput(path: string): boolean {
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return false;
    if (!found.isFile()) {
      const what = found.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
      throw new UsageError(`${path} is ${what}, which is not written to: name another file`);
    }
    if (isForeign(found)) {
      throw new UsageError(
        `${path} belongs to another user, so it is neither gone on with nor written to: name another`,
      );
    }
    return true;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`cannot write ${path}: ${describeFileTrouble(error)}`);
  }
}

// Where others can write to the folder, a checkpoint of theirs could name any file of this user as one to be cut and written.
function isForeign({ uid }: Stats): boolean {
  const self = process.geteuid?.();
  return self !== undefined && uid !== self;
}

/**
 * Makes sure that no two of a run's files are the same, whichever way they are named.
 *
 * @throws {UsageError} naming the path that is there twice.
 */
export function refuseSameFile(inputs: readonly string[], outputs: readonly string[]): void {
  const taken = new Set(inputs.map(identify));
  for (const path of outputs) {
    if (taken.has(identify(path)))
      throw new UsageError(`${path} would be written while it is another file of this run: name another file`);
    taken.add(identify(path));
  }
}

function identify(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return path;
    }
  }
}
