import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { FileError } from './file-error.js';
import { takeFingerprints, type Fingerprint, type Fingerprints } from './fingerprint.js';
import { describeInputs, type Input } from './open-input.js';
import { inspectOutput, NO_FOLLOW } from './output-path.js';
import { syncFolder } from './sync-folder.js';
import { UsageError } from './usage-error.js';

/** A file that was stored. */
interface StoredInput extends Fingerprint {
  /** What stands for the file in the ids of its records. */
  readonly key: string;
  /** Where it was last, without links. */
  readonly path: string;
}

/**
 * Which files had records without an id stored in an outbox, so that such a record gets the same id when its file is given
 * again, and another one than the same record of another file.
 *
 * It is kept in a file beside the outbox, to which a line is added for each file, and when one has grown; the last line of a
 * key counts. Nothing that a crash tore is taken for a line, and several processes may add to it at once.
 */
export class StoredInputs {
  readonly #path: string;
  #isStale: boolean;
  readonly #acceptChanged: boolean;

  /**
   * To be made before the outbox is opened, which makes that where it is not there.
   *
   * @param outboxPath the file of the outbox; where that is not there yet, what lies beside its place is forgotten.
   * @param acceptChanged whether a file that has changed is taken as another one.
   */
  constructor(outboxPath: string, acceptChanged: boolean) {
    this.#path = storedInputsPath(outboxPath);
    this.#isStale = !existsSync(outboxPath);
    this.#acceptChanged = acceptChanged;
  }

  /**
   * What stands for a file in the ids of its records; noted on the disk when it resolves.
   *
   * A file is known by its path and by its content, which may have grown since. One that was moved is known by its content,
   * if what is at its former path is no longer that.
   *
   * @throws {UsageError} if a file of that path was stored and this one does not begin like it, or what is known of files
   * is nothing that may be written.
   * @throws {FileError} if a file cannot be read or written.
   */
  async keyOf(input: Input): Promise<string> {
    inspectOutput(this.#path);
    this.#forgetStale();
    const path = resolvePath(input.path);
    const known = [...this.#read().values()];
    const content = await fingerprintsOf(input, known);
    const found = await findStored(known, path, content);
    if (found === undefined && !this.#acceptChanged && known.some((other) => other.path === path)) {
      throw new UsageError(
        `${input.path} has records without an id, and has changed since it was stored: it does not begin any more with what it held, so that it cannot be told which of its records are new. Give the records ids, or --accept-changed to store all of them as new ones; to mend what was rejected, forward the file of rejected records`,
      );
    }
    // Made of what it is, so that two processes which find it at once come to the same.
    const key = found?.key ?? digest([path, content.whole.bytes, content.whole.sha256]);
    if (found?.bytes !== content.whole.bytes || found.path !== path) this.#add({ key, path, ...content.whole });
    return key;
  }

  /** What is beside an outbox that was taken away is of no other. */
  #forgetStale(): void {
    try {
      if (this.#isStale) rmSync(this.#path, { force: true });
    } catch (error) {
      throw new FileError('write', this.#path, error);
    }
    this.#isStale = false;
  }

  #read(): Map<string, StoredInput> {
    const stored = new Map<string, StoredInput>();
    for (const line of readIfThere(this.#path).split('\n')) {
      const input = parseLine(line);
      if (input !== undefined) stored.set(input.key, input);
    }
    return stored;
  }

  #add(input: StoredInput): void {
    try {
      const { O_WRONLY, O_APPEND, O_CREAT } = constants;
      const fd = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | NO_FOLLOW, 0o600);
      try {
        // The break before it ends what a crash may have torn.
        appendFileSync(fd, `\n${JSON.stringify(input)}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      syncFolder(this.#path);
    } catch (error) {
      throw new FileError('write', this.#path, error);
    }
  }
}

/** Where is noted which files were stored in an outbox. */
export function storedInputsPath(outboxPath: string): string {
  return `${outboxPath}.inputs`;
}

/** Which of those that were stored a file is; the one that it has most of. */
async function findStored(
  known: readonly StoredInput[],
  path: string,
  content: Fingerprints,
): Promise<StoredInput | undefined> {
  const alike = known.filter((stored) => content.beginsWith(stored)).sort((one, other) => other.bytes - one.bytes);
  const inPlace = alike.find((stored) => stored.path === path);
  if (inPlace !== undefined) return inPlace;
  for (const stored of alike) if (await hasMoved(stored)) return stored;
  return undefined;
}

async function hasMoved(stored: StoredInput): Promise<boolean> {
  try {
    const [there] = await describeInputs([stored.path], 'ndjson');
    return there === undefined || !(await takeFingerprints(there, [stored.bytes])).beginsWith(stored);
  } catch {
    // Nothing is there that can be read.
    return true;
  }
}

async function fingerprintsOf(input: Input, known: readonly StoredInput[]): Promise<Fingerprints> {
  try {
    return await takeFingerprints(
      input,
      known.map(({ bytes }) => bytes),
    );
  } catch (error) {
    throw new FileError('read', input.path, error);
  }
}

function resolvePath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw new FileError('read', path, error);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new FileError('read', path, error);
  }
}

function parseLine(line: string): StoredInput | undefined {
  try {
    const { key, path, bytes, sha256 } = JSON.parse(line) as Partial<Record<keyof StoredInput, unknown>>;
    if (typeof key !== 'string' || typeof path !== 'string' || typeof sha256 !== 'string') return undefined;
    return typeof bytes === 'number' && bytes > 0 ? { key, path, bytes, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
