import type { CredentialsInput } from '../../src/contract/credentials.js';
import type { EmulatorProcess } from './emulator-process.js';

/** Projects that are customers at the same time. */
const AT_ONCE = 120;

/** Those of them that are about to go: nothing new comes for them, so that what is stored for them can still be delivered. */
const LEAVING = 30;

/**
 * Customers that come, replace their passcodes, and go: the accounts of the emulator on one side, what a partner's vault holds
 * on the other.
 */
export class Customers {
  readonly #vault = new Map<string, CredentialsInput>();
  #joined = 0;
  #rotations = 0;

  constructor(
    private readonly emulator: EmulatorProcess,
    private readonly random: () => number,
  ) {
    while (this.#vault.size < AT_ONCE) this.#join();
  }

  /** Customers so far, and passcodes that were replaced. */
  get totals(): { readonly projects: number; readonly rotations: number } {
    return { projects: this.#joined, rotations: this.#rotations };
  }

  /** What the vault holds of a project; undefined if it is no customer any more. */
  readonly find = (projectId: string): CredentialsInput | undefined => this.#vault.get(projectId);

  /** Any customer of the moment that stays for a while. */
  any(): CredentialsInput {
    const all = [...this.#vault.values()].slice(LEAVING);
    const found = all[Math.floor(this.random() * all.length)];
    if (found === undefined) throw new Error('there is always a customer');
    return found;
  }

  /** The oldest customer goes, and a new one comes. */
  turnOver(): void {
    const [oldest] = this.#vault.keys();
    if (oldest !== undefined) {
      this.#vault.delete(oldest);
      this.emulator.remove(oldest);
    }
    this.#join();
  }

  /** A customer replaces its passcode, and the partner learns of it now, or by `learnt`: until then it is refused. */
  rotate(): { readonly next: CredentialsInput; readonly learnt: () => void } {
    const current = this.any();
    const { projectId } = current;
    this.#rotations += 1;
    const next = { ...current, projectPasscode: `passcode-${this.#rotations}` };
    this.emulator.add(next);
    this.emulator.remove(projectId, String(current.projectPasscode));
    return {
      next,
      learnt: () => {
        if (this.#vault.has(projectId)) this.#vault.set(projectId, next);
      },
    };
  }

  #join(): void {
    this.#joined += 1;
    const projectId = `SOAK-${this.#joined}`;
    const account = { projectId, projectToken: `token-${this.#joined}`, projectPasscode: 'passcode-0' };
    this.#vault.set(projectId, account);
    this.emulator.add(account);
  }
}
