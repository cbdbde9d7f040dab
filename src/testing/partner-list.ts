/** The partner names that are whitelisted; without a list, every name is until it is disallowed. */
export class PartnerList {
  readonly #allowed: Set<string> | undefined;
  readonly #disallowed = new Set<string>();

  constructor(names: readonly string[] | undefined) {
    this.#allowed = names === undefined ? undefined : new Set(names);
  }

  /** Whitelists a name. */
  allow(name: string): void {
    this.#disallowed.delete(name);
    this.#allowed?.add(name);
  }

  /** Takes a name off the whitelist. */
  disallow(name: string): void {
    this.#disallowed.add(name);
    this.#allowed?.delete(name);
  }

  /** Whether a name is whitelisted; letter case counts. */
  has(name: string): boolean {
    return this.#allowed === undefined ? !this.#disallowed.has(name) : this.#allowed.has(name);
  }
}
