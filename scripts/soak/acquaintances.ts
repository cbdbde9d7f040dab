import { setTimeout as sleep } from 'node:timers/promises';
import type { AttributionClient } from '../../src/client.js';
import type { CredentialsInput } from '../../src/contract/credentials.js';
import type { AttributionEvent } from '../../src/contract/event.js';
import { isAttributionError } from '../../src/errors.js';
import type { Outbox } from '../../src/outbox/outbox.js';
import type { EmulatorProcess } from './emulator-process.js';

/** More projects than a client remembers at most. */
const OF_THE_CLIENT = 21_000;

/** Those of them that the outbox gets to know as well, which remembers fewer. */
const OF_THE_OUTBOX = 11_000;

const AT_ONCE = 200;
const LONGEST_MS = 120_000;

/** Accounts that are opened ahead: what the emulator is told goes another way than the requests, which could be there first. */
const AHEAD = 20;

const EVENT: AttributionEvent = { type: 'custom', name: 'Met', platform: 'android', deviceIdentifier: '__g0' };

/** Whom acquaintances are introduced to; the outbox delivers already, and finds their credentials by `find`. */
export interface Acquainted {
  readonly client: AttributionClient;
  readonly outbox: Outbox;
}

/**
 * Projects that have one event and are never heard of again: what client and outbox keep of them must end somewhere.
 *
 * The library remembers thousands of projects on purpose, up to a bound. So it gets to know more than that before the soak
 * begins; what still grows with those that come later has no bound.
 */
export class Acquaintances {
  #met = 0;
  #opened = 0;

  constructor(private readonly emulator: EmulatorProcess) {}

  /** How many so far. */
  get total(): number {
    return this.#met;
  }

  /** What the vault holds of one of them; undefined for all other projects. */
  readonly find = (projectId: string): CredentialsInput | undefined =>
    projectId.startsWith(PREFIX) ? accountOf(projectId) : undefined;

  /**
   * Has client and outbox get to know as many as they remember at most; gives how many events were stored. On a machine that is
   * busy with something else some fail, as later ones may.
   *
   * @throws {Error} if the outbox is not done with its events two minutes later.
   */
  async fillMemories({ client, outbox }: Acquainted): Promise<number> {
    while (this.#met < OF_THE_CLIENT) {
      this.#open(this.#met + AT_ONCE);
      // Answered after the accounts were opened.
      await this.emulator.counts();
      const accounts = Array.from({ length: AT_ONCE }, () => this.#next());
      await Promise.all(accounts.map((account) => client.project(account).send(EVENT).catch(passIfAttributionError)));
      if (this.#met <= OF_THE_OUTBOX)
        await outbox.addMany(accounts.map(({ projectId }) => ({ event: EVENT, projectId })));
    }
    const until = performance.now() + LONGEST_MS;
    while (await isUnderWay(outbox)) {
      if (performance.now() > until) throw new Error('the outbox is not done with the events of acquaintances');
      await sleep(100);
    }
    return OF_THE_OUTBOX;
  }

  /** Sends an event of a new one, which may fail, and stores one. */
  async meetOne({ client, outbox }: Acquainted, signal: AbortSignal): Promise<void> {
    this.#open(this.#met + AHEAD);
    const account = this.#next();
    const sent = client.project(account).send(EVENT, { signal });
    const { projectId } = account;
    await Promise.all([sent.catch(passIfAttributionError), outbox.add(EVENT, { projectId })]);
  }

  #next(): CredentialsInput {
    return accountOf(`${PREFIX}${this.#met++}`);
  }

  #open(upTo: number): void {
    for (; this.#opened < upTo; this.#opened += 1) this.emulator.add(accountOf(`${PREFIX}${this.#opened}`));
  }
}

const PREFIX = 'MET-ONCE-';

function accountOf(projectId: string): CredentialsInput {
  return { projectId, projectToken: 'token', projectPasscode: 'passcode' };
}

function passIfAttributionError(error: unknown): void {
  if (!isAttributionError(error)) throw error;
}

async function isUnderWay(outbox: Outbox): Promise<boolean> {
  const { ready, delayed, leased } = await outbox.stats();
  return ready + delayed + leased > 0;
}
