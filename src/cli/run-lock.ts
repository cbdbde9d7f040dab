import { randomUUID } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { FileError } from './file-error.js';
import { hasEnded, ownIdentity, type ProcessIdentity } from './process-identity.js';
import { UsageError } from './usage-error.js';

/** What a lock file holds. */
interface Holder extends ProcessIdentity {
  /** Tells this lock from all others, those of the same process included. */
  readonly id: string;
}

/** What a lock is of, in the words of its messages. */
export interface LockedThing {
  /** Such as `checkpoint`. */
  readonly name: string;
  /** The option by which another one is named. */
  readonly option: string;
}

const CHECKPOINT: LockedThing = { name: 'checkpoint', option: '--checkpoint' };

/**
 * Keeps two runs from working on the same checkpoint, or another file of theirs: a file beside it that names the process.
 *
 * A lock whose process has ended is taken over. For that a run makes the lock's claim, a file named after the lock's id, which
 * only one can make; a claim of a run that was killed at it is claimed in the same way. The lock file comes first, then its
 * claim, then the claim's: the last of them holds the lock.
 */
export class RunLock {
  readonly #holder: Holder = { ...ownIdentity(), id: randomUUID() };
  readonly #path: string;
  readonly #onExit = () => this.#remove();

  /**
   * Takes the lock of a checkpoint, or of another file.
   *
   * @throws {UsageError} if another run has it.
   * @throws {FileError} if it cannot be written.
   */
  constructor(
    path: string,
    private readonly thing = CHECKPOINT,
  ) {
    this.#path = lockPath(path);
    try {
      while (!this.#tryTake());
    } catch (error) {
      throw error instanceof UsageError ? error : new FileError('write', this.#path, error);
    }
    // Also where the program ends at once, as at the third Ctrl-C.
    process.on('exit', this.#onExit);
  }

  /** Gives the lock back. */
  release(): void {
    process.off('exit', this.#onExit);
    this.#remove();
  }

  /** False where others were quicker, and it is to be looked at again. */
  #tryTake(): boolean {
    if (this.#create(this.#path)) return true;
    const chain = this.#readChain();
    const last = chain.at(-1);
    if (last === undefined) {
      refuseLink(this.#path);
      return false;
    }
    if (!hasEnded(last)) throw inUse(this.#path, last, this.thing);
    const claim = this.#claimOf(last);
    if (!this.#create(claim)) return false;
    // The lock may have been taken over and its claims removed since it was read.
    if (this.#readChain().at(-1)?.id !== this.#holder.id) {
      rmSync(claim, { force: true });
      return false;
    }
    this.#replace();
    // Only now: a claim that is gone while the old lock is there could be made again.
    for (const holder of chain) rmSync(this.#claimOf(holder), { force: true });
    return true;
  }

  /** The holder in the lock file, and those that took over from it. */
  #readChain(): Holder[] {
    const chain: Holder[] = [];
    let path = this.#path;
    for (;;) {
      const holder = readHolder(path, this.thing);
      if (holder === undefined) return chain;
      chain.push(holder);
      path = this.#claimOf(holder);
    }
  }

  #claimOf({ id }: Holder): string {
    return `${this.#path}.${id}`;
  }

  /** Makes a file with the holder in it, both at once; false if there is one. */
  #create(path: string): boolean {
    const temporary = this.#writeTemporary();
    try {
      linkSync(temporary, path);
      return true;
    } catch (error) {
      if (isExisting(error)) return false;
      // Some file systems know no links.
      return this.#createInPlace(path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  #createInPlace(path: string): boolean {
    try {
      writeFileSync(path, JSON.stringify(this.#holder), { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if (isExisting(error)) return false;
      throw error;
    }
  }

  #replace(): void {
    const temporary = this.#writeTemporary();
    try {
      renameSync(temporary, this.#path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  #writeTemporary(): string {
    const temporary = `${this.#path}.${this.#holder.id}.tmp`;
    writeFileSync(temporary, JSON.stringify(this.#holder), { flag: 'wx', mode: 0o600 });
    return temporary;
  }

  #remove(): void {
    try {
      // Somebody may have removed it by hand, and another run have made its own.
      if (readHolder(this.#path, this.thing)?.id === this.#holder.id) rmSync(this.#path, { force: true });
    } catch {
      // It will be taken over: this process will have ended.
    }
  }
}

/** Where the lock of a checkpoint, or of another file, is. */
export function lockPath(path: string): string {
  return `${path}.lock`;
}

/** A link that leads nowhere is there and yet cannot be read: neither would change, however often it is looked at again. */
function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new UsageError(`${path} is a symbolic link: remove it`);
}

function readHolder(path: string, { name }: LockedThing): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const holder = parseHolder(text);
  if (holder === undefined)
    throw new UsageError(`${path} is there and names no process: remove it if no other run uses this ${name}`);
  return holder;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, host, started, id } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    // The id becomes part of a file's name, 0 and less are whole groups of processes.
    if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id) || typeof host !== 'string') return undefined;
    if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return undefined;
    return { pid: pid as number, host, started: typeof started === 'string' ? started : null, id };
  } catch {
    return undefined;
  }
}

function isExisting(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function inUse(path: string, { pid, host }: Holder, { name, option }: LockedThing): UsageError {
  if (host !== hostname())
    return new UsageError(
      `${path} is the lock of process ${pid} on ${host}, another machine or container than this one (${hostname()}), so ` +
        `that its end cannot be seen from here: wait for that run, or name another ${option}. Once ${host} is gone, or ` +
        `has no process ${pid} any more (there: ps -p ${pid}), it is safe to remove that one file, ${path}, and to run ` +
        'the same command again',
    );
  return new UsageError(
    `another run is using this ${name}: process ${pid} on ${host} holds ${path}; wait for its end, ` +
      `name another ${option}, or remove that file if there is no such process any more`,
  );
}
