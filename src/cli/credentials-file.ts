import { statSync } from 'node:fs';
import { parseCredentials, type Credentials, type CredentialsInput } from '../contract/credentials.js';
import { toSingleLine } from '../contract/text.js';
import { describeIssues, isAttributionError } from '../errors.js';
import { describeFileTrouble } from './file-error.js';
import { readText } from './read-text.js';
import { UsageError } from './usage-error.js';

/**
 * Reads a JSON file of credentials: an object by project id, a list of credentials, or those of one project.
 *
 * @throws {UsageError} if it cannot be read or some in it are not valid, naming each of those; no message repeats a value.
 */
export function readCredentialsFile(path: string): Credentials[] {
  // No file is called so, and a message would repeat what is in it.
  if (/^\s*[[{]/.test(path))
    throw new UsageError('the credentials are taken from a file: give its name, not its content');
  const value = parseFile(path);
  if (typeof value !== 'object' || value === null) throw notByProject(path);
  // One project's credentials by themselves are a list of one.
  if ('projectToken' in value) return [checkCredentials(value, path)];
  const all = checkAll(path, Array.isArray(value) ? listEntries(value, path) : projectEntries(value));
  const twice = all.find(({ projectId }, index) => all.findIndex((other) => other.projectId === projectId) < index);
  if (twice !== undefined) throw new UsageError(`${path}: project ${twice.projectId} is there twice`);
  return all;
}

/** Credentials as they stand in a file. */
interface Entry {
  /** What to call them. */
  readonly name: string;
  readonly read: () => Credentials;
}

function projectEntries(value: object): Entry[] {
  return Object.entries(value).map(([projectId, entry]) => {
    const name = `project ${toSingleLine(projectId, 80)}`;
    return { name, read: () => checkEntry(projectId, entry, name) };
  });
}

function listEntries(value: readonly unknown[], path: string): Entry[] {
  // Of a list of anything else nobody knows which project an entry is of.
  if (!value.some((entry) => typeof entry === 'object' && entry !== null && 'projectId' in entry))
    throw notByProject(path);
  return value.map((entry, index) => {
    const name = `entry ${index + 1}`;
    return { name, read: () => checkCredentials(entry, name) };
  });
}

// A file may be of another kind altogether; whoever has mended so many gives the command again.
const PROBLEMS_SHOWN = 20;

function checkAll(path: string, entries: readonly Entry[]): Credentials[] {
  const problems: string[] = [];
  const all = entries.flatMap(({ read }) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  if (problems.length === 0) return all;
  const hidden = problems.length - PROBLEMS_SHOWN;
  const shown = [...problems.slice(0, PROBLEMS_SHOWN), ...(hidden > 0 ? [`… and ${hidden} more`] : [])];
  throw new UsageError(shown.length === 1 ? `${path}, ${shown.join()}` : [`${path}:`, ...shown].join('\n  '));
}

function checkEntry(projectId: string, entry: unknown, where: string): Credentials {
  const input = typeof entry === 'object' && entry !== null ? { projectId, ...entry } : entry;
  const credentials = checkCredentials(input, where);
  if (credentials.projectId !== projectId.trim())
    throw new UsageError(`${where}: it names another project, ${credentials.projectId}`);
  return credentials;
}

/**
 * Checks the credentials of one project, which come from `where`.
 *
 * @throws {UsageError} if they are not valid; the message does not repeat a value.
 */
export function checkCredentials(input: unknown, where: string): Credentials {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new UsageError(`${where}: must be an object with projectToken and projectPasscode`);
  try {
    return parseCredentials(input as CredentialsInput);
  } catch (error) {
    const isTold = isAttributionError(error) && error.code === 'validation';
    throw new UsageError(`${where}: ${isTold ? describeIssues(error.issues) : 'the credentials cannot be read'}`);
  }
}

/** What the person should know of who can read the file. */
export function permissionWarnings(path: string): readonly string[] {
  if (process.platform === 'win32') return [];
  const others = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077;
  return others === 0 ? [] : [`${path} can be read by others on this machine: chmod 600 ${path}`];
}

function notByProject(path: string): UsageError {
  return new UsageError(
    `${path} must be an object by project id: {"W6W-797-865Z": {"projectToken": "…", "projectPasscode": "…", "region": "in"}, …}`,
  );
}

function parseFile(path: string): unknown {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR')
      throw new UsageError(`${path} is a folder; name the file in it that has the credentials`);
    throw new UsageError(`cannot read ${path}: ${describeFileTrouble(error)}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // Not the parser's message, which quotes the text.
    throw new UsageError(`${path} is not JSON`);
  }
}
