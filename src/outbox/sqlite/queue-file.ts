import { closeSync, constants, openSync, statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from '../../errors.js';

/**
 * Makes the file if it is not there, for its owner alone: events hold identifiers of devices. SQLite gives the two files beside
 * it the same permissions.
 */
export function ensureQueueFile(path: string): void {
  try {
    // Not left to SQLite, which leaves it to the umask.
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StorageError(`the outbox file ${path} cannot be opened: ${adviceOn(code, path)} (${code ?? 'unknown'}).`);
  }
}

function adviceOn(code: string | undefined, path: string): string {
  switch (code) {
    case 'ENOENT':
      return `make the folder ${dirname(path)} first`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'see that this user may write to it and to its folder';
    case 'EISDIR':
      return 'it is a folder, choose a path within it';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return 'see to the path and the disk';
  }
}

/** What there is to say about where a file lies, in sentences; nothing if all is well. */
export function concernsAbout(path: string): string[] {
  const concerns: string[] = [];
  if (process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0) {
    concerns.push(`Others than its owner can open the outbox file ${path}: chmod 600 it.`);
  }
  const network = networkFileSystemOf(path);
  if (network !== undefined) {
    concerns.push(
      `The outbox file ${path} lies on ${network}, where locks and syncs cannot be relied on: events may be lost or delivered twice. Choose a local disk.`,
    );
  }
  return concerns;
}

/** Numbers that Linux gives, from linux/magic.h and the file systems' own sources. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'a FUSE file system'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9P'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
]);

/** Name of the network file system that a file lies on; undefined if it is none, or cannot be told. */
function networkFileSystemOf(path: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return networkFileSystemName(statfsSync(path).type);
  } catch {
    return undefined;
  }
}

/** Name of a network file system by the number that Linux gives it. */
export function networkFileSystemName(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}
