import { basename } from 'node:path';
import type { SystemCall } from './system-call-trace.js';

/** What of the writes that were not synced a power failure leaves. */
export type Survival = 'none' | 'all' | 'some';

type Change =
  | { readonly kind: 'write'; readonly endedAt: number; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly endedAt: number; readonly length: number };

/** A file's content, whichever name it has. */
interface Content {
  synced: Buffer;
  pending: Change[];
}

interface NameChange {
  readonly name: string;
  /** What the name stands for then; undefined if it is gone. */
  readonly content: Content | undefined;
  readonly endedAt: number;
}

/** A disk writes so much or nothing. */
const SECTOR_BYTES = 512;

/**
 * A folder on a disk whose power may fail: what was written is safe once a sync that began afterwards has ended, and a name
 * is safe once its folder was synced. Everything else may be there, in part or not at all, in any order.
 */
export class DiskModel {
  readonly #folder: string;
  readonly #names = new Map<string, Content>();
  readonly #syncedNames = new Map<string, Content>();
  #pendingNames: NameChange[] = [];
  readonly #open = new Map<number, Content>();
  readonly #ignoreSync: (name: string) => boolean;

  /** @param ignoreSync files whose syncs do nothing, to see that the loss is noticed. */
  constructor(folder: string, ignoreSync: (name: string) => boolean = () => false) {
    this.#folder = folder;
    this.#ignoreSync = ignoreSync;
  }

  /** Takes a call that has ended. */
  apply(call: SystemCall): void {
    const { name, fd, paths, result, endedAt } = call;
    switch (name) {
      case 'openat': {
        this.#openFile(paths[0] ?? '', result, call.flags, endedAt);
        return;
      }
      case 'close':
        if (fd !== undefined) this.#open.delete(fd);
        return;
      case 'pwrite64': {
        this.#change(fd, { kind: 'write', endedAt, offset: call.number, data: written(call) });
        return;
      }
      case 'ftruncate': {
        this.#change(fd, { kind: 'truncate', endedAt, length: call.number });
        return;
      }
      case 'fsync':
      case 'fdatasync': {
        this.#sync(call);
        return;
      }
      case 'unlink': {
        this.#name(basename(paths[0] ?? ''), undefined, endedAt);
        return;
      }
      case 'rename': {
        const content = this.#names.get(basename(paths[0] ?? ''));
        this.#name(basename(paths[0] ?? ''), undefined, endedAt);
        this.#name(basename(paths[1] ?? ''), content, endedAt);
        return;
      }
      default:
        throw new Error(`${name} is not modelled`);
    }
  }

  /** Files as they may be found after a power failure now, by name. */
  image(survival: Survival, random: () => number): Map<string, Buffer> {
    const keep = () => survival === 'all' || (survival === 'some' && random() < 0.5);
    const names = new Map(this.#syncedNames);
    for (const { name, content } of this.#pendingNames) {
      if (!keep()) continue;
      if (content === undefined) names.delete(name);
      else names.set(name, content);
    }
    return new Map([...names].map(([name, content]) => [name, leftOf(content, survival, random)]));
  }

  #openFile(path: string, fd: number, flags: string, endedAt: number): void {
    if (path === this.#folder) return;
    const name = basename(path);
    let content = this.#names.get(name);
    if (content === undefined) {
      content = { synced: Buffer.alloc(0), pending: [] };
      this.#name(name, content, endedAt);
    } else if (flags.includes('O_TRUNC')) content.pending.push({ kind: 'truncate', endedAt, length: 0 });
    this.#open.set(fd, content);
  }

  #change(fd: number | undefined, change: Change): void {
    const content = this.#open.get(fd ?? -1);
    if (content === undefined) throw new Error('a file was written to that had not been opened');
    content.pending.push(change);
  }

  #sync({ fd, paths, startedAt }: SystemCall): void {
    if (paths[0] === this.#folder) {
      for (const { name, content, endedAt } of this.#pendingNames) {
        if (endedAt > startedAt) continue;
        if (content === undefined) this.#syncedNames.delete(name);
        else this.#syncedNames.set(name, content);
      }
      this.#pendingNames = this.#pendingNames.filter(({ endedAt }) => endedAt > startedAt);
      return;
    }
    const content = this.#open.get(fd ?? -1);
    if (content === undefined) throw new Error('a file was synced that had not been opened');
    if (this.#ignoreSync(basename(paths[0] ?? ''))) return;
    for (const change of content.pending)
      if (change.endedAt <= startedAt) content.synced = changed(content.synced, change);
    content.pending = content.pending.filter(({ endedAt }) => endedAt > startedAt);
  }

  #name(name: string, content: Content | undefined, endedAt: number): void {
    if (content === undefined) this.#names.delete(name);
    else this.#names.set(name, content);
    this.#pendingNames.push({ name, content, endedAt });
  }
}

function written({ data = Buffer.alloc(0), result }: SystemCall): Buffer {
  return data.subarray(0, result);
}

function leftOf({ synced, pending }: Content, survival: Survival, random: () => number): Buffer {
  if (survival === 'none') return synced;
  let left = synced;
  for (const change of pending) {
    const draw = survival === 'all' ? 0 : random();
    if (draw < 1 / 3) left = changed(left, change);
    else if (draw < 2 / 3 && change.kind === 'write') left = torn(left, change, random);
  }
  return left;
}

function changed(content: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') return resized(content, change.length);
  const result = resized(content, Math.max(content.length, change.offset + change.data.length));
  change.data.copy(result, change.offset);
  return result;
}

/** Some of its sectors are written and others are not. */
function torn(content: Buffer, { offset, data }: Extract<Change, { kind: 'write' }>, random: () => number): Buffer {
  let result = content;
  for (let from = 0; from < data.length;) {
    const to = Math.min(data.length, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES));
    if (random() < 0.5) {
      result = changed(result, { kind: 'write', endedAt: 0, offset: offset + from, data: data.subarray(from, to) });
    }
    from = to;
  }
  return result;
}

/** A copy of the length that is wanted; what is new holds zeros. */
function resized(content: Buffer, length: number): Buffer {
  const result = Buffer.alloc(length);
  content.copy(result);
  return result;
}
