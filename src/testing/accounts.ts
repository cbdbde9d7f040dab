import type { Credentials } from '../contract/credentials.js';
import type { RegionCode } from '../contract/regions.js';

/**
 * The accounts that the emulator knows. A project may have several entries at once, each valid on its own: that is how
 * an old and a new passcode work side by side while one replaces the other.
 */
export class AccountBook {
  readonly #byProject = new Map<string, readonly Credentials[]>();
  // Only grows: a passcode that was taken out is still nothing to show.
  readonly #secrets = new Set<string>();

  constructor(accounts: readonly Credentials[]) {
    this.replaceAll(accounts);
  }

  /** Forgets all accounts and takes these instead. */
  replaceAll(accounts: readonly Credentials[]): void {
    this.#byProject.clear();
    for (const account of accounts) this.add(account);
  }

  /** Adds an account, or one more token and passcode for a project that is known. */
  add(account: Credentials): void {
    this.#secrets.add(account.projectToken.reveal()).add(account.projectPasscode.reveal());
    this.#byProject.set(account.projectId, [...(this.#byProject.get(account.projectId) ?? []), account]);
  }

  /** Removes a project; with a passcode, only its entries with that passcode. */
  remove(projectId: string, passcode?: string): void {
    const left = this.#byProject.get(projectId)?.filter((account) => account.projectPasscode.reveal() !== passcode);
    if (passcode === undefined || left === undefined || left.length === 0) this.#byProject.delete(projectId);
    else this.#byProject.set(projectId, left);
  }

  /** Whether a project is known. */
  has(projectId: string): boolean {
    return this.#byProject.has(projectId);
  }

  /** Whether a region takes these credentials; without a region, whether any does. */
  admits(projectId: string, token: string, passcode: string, region: RegionCode | undefined): boolean {
    const accounts = this.#byProject.get(projectId);
    if (accounts === undefined) return false;
    for (const account of accounts) {
      if (region !== undefined && account.region !== region) continue;
      if (account.projectToken.reveal() === token && account.projectPasscode.reveal() === passcode) return true;
    }
    return false;
  }

  /** Whether a text is the token or the passcode of any account that was ever known. */
  holdsSecret(text: string): boolean {
    return this.#secrets.has(text);
  }
}
