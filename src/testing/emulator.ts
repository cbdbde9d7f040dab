import type { Dispatcher } from 'undici';
import { parseCredentials, type CredentialsInput } from '../contract/credentials.js';
import { Secret } from '../contract/secret.js';
import { EmulatedEndpoint } from './emulated-endpoint.js';
import { resolveEmulatorOptions, type EmulatorOptions } from './emulator-options.js';
import type { Faults } from './fault-list.js';
import { answerFetch } from './fetch-exchange.js';
import { InProcessDispatcher } from './in-process-dispatcher.js';
import { createMswHandlers, type MswHttp } from './msw-handlers.js';
import { OpenExchanges } from './open-exchanges.js';
import type { ReceivedRequest } from './received-request.js';
import type { RequestCounts } from './request-counts.js';

/**
 * CleverTap's attribution endpoint for tests: it checks requests as the partner document says, keeps a log without
 * secrets, and goes wrong in every way that a client must survive.
 *
 * All ways in share one state. Those without a socket take the region from the URL's host; a host that is not one of
 * CleverTap's stands for no region, and then none is checked.
 */
export class Emulator implements AsyncDisposable {
  readonly #endpoint: EmulatedEndpoint;
  readonly #open = new OpenExchanges();

  /** @internal Use `createEmulator` or `startEmulator`. */
  constructor(endpoint: EmulatedEndpoint) {
    this.#endpoint = endpoint;
  }

  /** What goes wrong, and when. */
  get faults(): Faults {
    return this.#endpoint.faults;
  }

  /** The newest requests, newest last: an unchanging list, read anew at each access. */
  get received(): readonly ReceivedRequest[] {
    return this.#endpoint.log.entries();
  }

  /** Exact totals as they are now. */
  get counts(): RequestCounts {
    return this.#endpoint.tally.snapshot();
  }

  /**
   * Replaces all accounts.
   *
   * @throws {ValidationError} and changes nothing, if any of them is wrong.
   */
  setAccounts(accounts: readonly CredentialsInput[]): void {
    this.#endpoint.accounts.replaceAll(accounts.map((account) => parseCredentials(account)));
  }

  /**
   * Adds an account; for a project that is known, one more token and passcode that is valid beside the others.
   *
   * @throws {ValidationError} with one issue per field that is wrong.
   */
  addAccount(account: CredentialsInput): void {
    this.#endpoint.accounts.add(parseCredentials(account));
  }

  /** Removes a project; with a passcode, only that passcode of it. Nothing happens if it is not known. */
  removeAccount(projectId: string, projectPasscode?: string | Secret): void {
    const passcode = projectPasscode instanceof Secret ? projectPasscode.reveal() : projectPasscode;
    this.#endpoint.accounts.remove(projectId, passcode);
  }

  /** Whitelists a partner name. */
  allowPartner(name: string): void {
    this.#endpoint.partners.allow(name);
  }

  /** Takes a partner name off the whitelist; without a whitelist, all others stay allowed. */
  disallowPartner(name: string): void {
    this.#endpoint.partners.disallow(name);
  }

  /**
   * Answers a request as `fetch` would see it.
   *
   * Rejects with a `TypeError` where a fault ends the connection, and with the reason of the request's signal once that
   * aborts.
   */
  handle(request: Request): Promise<Response> {
    return answerFetch(this.#endpoint, this.#open, request);
  }

  /** Makes an undici dispatcher that answers without a socket, for whichever origin it is asked. */
  dispatcher(): Dispatcher {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- undici is not loaded here
    return new InProcessDispatcher(this.#endpoint, this.#open);
  }

  /** Makes msw request handlers for all of CleverTap's hosts: `setupServer(...emulator.mswHandlers(http))`. */
  mswHandlers<Handler>(http: MswHttp<Handler>): Handler[] {
    return createMswHandlers(http, (request) => this.handle(request));
  }

  /** Clears log, counts and faults, and starts the random numbers again; accounts and partners stay. */
  reset(): void {
    this.#endpoint.reset();
  }

  /** Ends all that waits and refuses what comes later. Can be called more than once. */
  close(): Promise<void> {
    this.#open.close();
    return Promise.resolve();
  }

  /** Closes it as `close()` does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Makes an emulator without sockets.
 *
 * @throws {ValidationError} naming everything that is wrong with the options.
 */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  return new Emulator(new EmulatedEndpoint(resolveEmulatorOptions(options)));
}
