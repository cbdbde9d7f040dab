import { createHash } from 'node:crypto';
import type { InputRecord } from './input-record.js';
import type { Input } from './open-input.js';
import type { StoredInputs } from './stored-inputs.js';

/**
 * Ids for records that have none, the same whenever their input is given again.
 *
 * In a file: of the file (see `StoredInputs`), the line, the record and its project. In a stream, of which nobody can know
 * whether it is one that was given before: of all its records up to this one, and the project.
 */
export class RecordIds {
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #stored: Pick<StoredInputs, 'keyOf'>;
  readonly #keys = new Map<string, string>();
  /** What stands for the records of each stream so far. */
  readonly #streams = new Map<string, string>();

  constructor(inputs: readonly Input[], stored: Pick<StoredInputs, 'keyOf'>) {
    this.#inputs = new Map(inputs.map((input) => [input.path, input]));
    this.#stored = stored;
  }

  /**
   * Takes note of files whose records have no ids, before any record is stored.
   *
   * @throws {UsageError} as `StoredInputs.keyOf` does.
   */
  async prepare(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.#keyOf(path);
  }

  /**
   * The id of a record; to be called for each, in their order.
   *
   * @throws {UsageError} if it needs one and its file has changed since it was stored.
   */
  async idOf({ path, line, source, item }: InputRecord, projectId: string | undefined): Promise<string | undefined> {
    const input = this.#inputs.get(path);
    if (input !== undefined && input.identity === undefined) {
      const soFar = digest(`${this.#streams.get(path) ?? ''} ${JSON.stringify(source)}`);
      this.#streams.set(path, soFar);
      return item?.id ?? digest(JSON.stringify([soFar, projectId]));
    }
    if (item === undefined || item.id !== undefined) return item?.id;
    const key = this.#keys.get(path) ?? (await this.#keyOf(path));
    return digest(JSON.stringify([key, line, projectId, source]));
  }

  async #keyOf(path: string): Promise<string> {
    const input = this.#inputs.get(path);
    const key = this.#keys.get(path) ?? (input === undefined ? path : await this.#stored.keyOf(input));
    this.#keys.set(path, key);
    return key;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
