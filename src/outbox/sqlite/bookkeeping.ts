import type { Database, Statement } from './database.js';

/** What one partition holds, dead letters included. */
export interface PartitionCount {
  readonly key: number;
  readonly name: string;
  stored: number;
  bytes: number;
  /** Why its last delivery failed, if none succeeded since, and when that was. */
  trouble: string | null;
  trouble_at: number | null;
}

const COLUMNS = 'key, name, stored, bytes, trouble, trouble_at';

interface Totals {
  next_seq: number;
  stored: number;
}

/** Most partitions whose keys are remembered from one transaction to the next; of more, they are read anew. */
const KEYS_KEPT = 10_000;

/**
 * Counts what is stored, in all and by partition. Kept in the file, since other processes count along; read when first needed
 * within a transaction and written at its end, so that a transaction with many events writes each count once.
 */
export class Bookkeeping {
  readonly #readTotals: Statement;
  readonly #writeTotals: Statement;
  readonly #findByName: Statement;
  readonly #findByKey: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #findDead: Statement;
  /** Keys never change and partitions are never dropped, so these outlive a transaction. */
  readonly #keys = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #counts = new Map<number, PartitionCount>();
  readonly #changed = new Set<PartitionCount>();
  #totals: Totals | undefined;
  #totalsChanged = false;
  #hasDead: boolean | undefined;

  constructor(database: Database) {
    this.#readTotals = database.prepare('SELECT next_seq, stored FROM totals');
    this.#writeTotals = database.prepare('UPDATE totals SET next_seq = ?, stored = ?');
    this.#findByName = database.prepare(`SELECT ${COLUMNS} FROM partitions WHERE name = ?`);
    this.#findByKey = database.prepare(`SELECT ${COLUMNS} FROM partitions WHERE key = ?`);
    this.#insert = database.prepare('INSERT INTO partitions (name, stored, bytes) VALUES (?, 0, 0)');
    this.#update = database.prepare(
      'UPDATE partitions SET stored = ?, bytes = ?, trouble = ?, trouble_at = ? WHERE key = ?',
    );
    this.#findDead = database.prepare('SELECT 1 FROM dead LIMIT 1');
  }

  /** Items stored in all. */
  get stored(): number {
    return this.#current.stored;
  }

  /** Whether there may be dead letters: most files have none, so that none need be looked for. */
  get hasDead(): boolean {
    return (this.#hasDead ??= this.#findDead.get() !== undefined);
  }

  get #current(): Totals {
    return (this.#totals ??= { ...(this.#readTotals.get() as Totals) });
  }

  /** The place of a new item among all, oldest first. */
  nextSeq(): number {
    this.#totalsChanged = true;
    return this.#current.next_seq++;
  }

  /** Counts of a partition, which is entered if it is new. */
  enter(name: string): PartitionCount {
    const known = this.find(name);
    if (known !== undefined) return known;
    this.#insert.run(name);
    return this.#remember(this.#findByName.get(name) as PartitionCount);
  }

  /** Counts of a partition; undefined if nothing of it was ever stored. */
  find(name: string): PartitionCount | undefined {
    const key = this.#keys.get(name);
    const count = key === undefined ? undefined : this.#counts.get(key);
    if (count !== undefined) return count;
    const row = this.#findByName.get(name) as PartitionCount | undefined;
    return row === undefined ? undefined : this.#remember(row);
  }

  /** Name of a partition. */
  nameOf(key: number): string {
    return this.#names.get(key) ?? this.#countOf(key).name;
  }

  /** Counts items in (or out, with negative numbers). */
  count(partition: PartitionCount, items: number, bytes: number): void {
    partition.stored += items;
    partition.bytes += bytes;
    this.#current.stored += items;
    this.#totalsChanged = true;
    this.#changed.add(partition);
  }

  /** Counts an item out. */
  countOut(key: number, bytes: number): void {
    this.count(this.#countOf(key), -1, -bytes);
  }

  /** Notes that there is a dead letter. */
  noteDead(): void {
    this.#hasDead = true;
  }

  /** Notes why a delivery of a partition failed; undefined that one succeeded, so that what was noted is over. */
  noteTrouble(key: number, reason: string | undefined, now: number): void {
    const partition = this.#countOf(key);
    if (partition.trouble === null && reason === undefined) return;
    partition.trouble = reason ?? null;
    partition.trouble_at = reason === undefined ? null : now;
    this.#changed.add(partition);
  }

  /** Writes what has changed; the last step of a transaction. */
  save(): void {
    for (const { stored, bytes, trouble, trouble_at, key } of this.#changed)
      this.#update.run(stored, bytes, trouble, trouble_at, key);
    if (this.#totalsChanged) this.#writeTotals.run(this.#current.next_seq, this.#current.stored);
    this.forget();
  }

  /** Forgets what was read: after the transaction, other processes count on. */
  forget(): void {
    this.#counts.clear();
    this.#changed.clear();
    this.#totals = undefined;
    this.#totalsChanged = false;
    this.#hasDead = undefined;
    // Here alone: within a transaction, what it has counted of a partition is found by these.
    if (this.#keys.size > KEYS_KEPT) this.#forgetKeys();
  }

  /** Forgets the keys as well, of which some may have been entered by a transaction that was undone. */
  undo(): void {
    this.forget();
    this.#forgetKeys();
  }

  #forgetKeys(): void {
    this.#keys.clear();
    this.#names.clear();
  }

  #countOf(key: number): PartitionCount {
    return this.#counts.get(key) ?? this.#remember(this.#findByKey.get(key) as PartitionCount);
  }

  #remember(row: PartitionCount): PartitionCount {
    const count = { ...row };
    this.#keys.set(count.name, count.key);
    this.#names.set(count.key, count.name);
    this.#counts.set(count.key, count);
    return count;
  }
}
