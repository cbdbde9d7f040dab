import type { Credentials, CredentialsInput } from './contract/credentials.js';
import type { AttributionEvent, ParsedEvent, UtmPolicy } from './contract/event.js';
import type { RegionCode } from './contract/regions.js';
import type { Delivery } from './delivery/delivery.js';
import type { RegionReport } from './delivery/region-health.js';
import { ValidationError } from './errors.js';
import { lookUpProject } from './forward/credentials-lookup.js';
import { ForwardRun, type ForwardResults, type ForwardSource } from './forward/forward-run.js';
import type { Counters } from './observe/counters.js';
import {
  checkClientCloseOptions,
  checkForwardOptions,
  checkWarmUpOptions,
  type ClientCloseOptions,
  type ForwardOptions,
  type SendOptions,
  type WarmUpOptions,
} from './call-options.js';
import { resolveOptions, type ClientOptions, type ResolvedOptions, type RetryPolicy } from './options.js';
import { ProjectClient } from './project-client.js';
import { Project, Sender, type CloseReport, type WarmUpReport } from './sender.js';

/**
 * Sends attribution events to CleverTap on behalf of one partner, for any number of projects.
 *
 * Make one and keep it: it owns the connections, limits and counters that all projects share.
 *
 * @throws {ValidationError} from the constructor, with everything that is wrong with the options at once.
 */
export class AttributionClient<Policy extends UtmPolicy = 'all'> {
  readonly #options: ResolvedOptions;
  readonly #sender: Sender;
  readonly #default: Project | undefined;

  constructor(options: ClientOptions<Policy>) {
    this.#options = resolveOptions(options);
    this.#sender = new Sender(this.#options);
    const access = this.#sender.defaultAccess();
    this.#default = access && new Project(access);
  }

  /** Whether `close()` was called. */
  get closed(): boolean {
    return this.#sender.closed;
  }

  /** A hand on the default project, if there is one. */
  get defaultProject(): ProjectClient<Policy> | undefined {
    return this.#default && new ProjectClient<Policy>(this.#sender, this.#default);
  }

  /** When a failed attempt is followed by another, with the defaults filled in. */
  get retryPolicy(): RetryPolicy {
    return this.#options.retry;
  }

  /**
   * Checks an event as `send` does, without sending it. What comes back is stamped and plain JSON, and a valid event again:
   * it can be stored and sent later without moving in time. Its length is checked as far as it is known without credentials;
   * `parse` of a project knows it all.
   *
   * @throws {ValidationError} with everything that is wrong with it, or as it is too long for `maxUrlBytes` in any project.
   */
  parse(event: AttributionEvent<Policy>): ParsedEvent<Policy> {
    // The sender's schema is that of the same policy.
    return this.#sender.parse(event);
  }

  /**
   * Sends one event to the default project.
   *
   * @returns a promise that resolves once CleverTap took the event, and rejects with an `AttributionError`.
   */
  send(event: AttributionEvent<Policy>, options?: SendOptions): Promise<Delivery> {
    return this.#sender.send(this.#default, event, options);
  }

  /**
   * A hand on one project, sharing everything with this client. Costs next to nothing; make one whenever it is needed.
   *
   * @throws {ValidationError} if the credentials are not valid.
   */
  project(credentials: CredentialsInput | Credentials): ProjectClient<Policy> {
    return new ProjectClient<Policy>(this.#sender, new Project(this.#sender.createAccess(credentials)));
  }

  /**
   * Replaces the credentials of the default project while it is in use; events under way take them up with their next
   * attempt. Releases the project if it is on hold.
   *
   * @throws {ValidationError} if they are not valid, or of another project, or there is no default project.
   */
  replaceCredentials(credentials: CredentialsInput | Credentials): void {
    const { defaultProject } = this;
    if (defaultProject === undefined) {
      const message = 'cannot be replaced: the client was made without a default project';
      throw new ValidationError('options', [{ path: ['credentials'], message }]);
    }
    defaultProject.replaceCredentials(credentials);
  }

  /**
   * Sends many events: reads the source as there is room and gives out the result of each record once, in the order in
   * which they end.
   *
   * `break` stops reading and waits for what is in flight. Records with trouble of their own cost no other; an error of the
   * source itself, an abort and a closed client come out after the results of everything that was read.
   *
   * @throws {ValidationError} if the options are not valid.
   */
  forward(source: ForwardSource<Policy>, options: ForwardOptions = {}): ForwardResults<Policy> {
    const { credentials, lookAhead, maxPendingPerProject, ...call } = checkForwardOptions(options);
    const settings = this.#sender.forwardSettings(call);
    const sender = this.#sender;
    return new ForwardRun<Policy, Project>(
      source,
      {
        get closed() {
          return sender.closed;
        },
        onClosing: (listener) => sender.onClosing(listener),
        defaultProject: this.#default,
        lookUp: (projectId) =>
          lookUpProject(credentials, projectId, (found) => new Project(sender.createAccess(found))),
        hasRoom: () => sender.hasRoom,
        onceRoom: (listener) => sender.onceRoom(listener),
        refuse: () => sender.refuse(),
        send: (project, event, listener) => sender.forward(project, event, settings, listener),
      },
      { lookAhead, maxPendingPerProject, reserve: 2 * this.#options.concurrency.total },
      call.signal,
    );
  }

  /**
   * Opens connections ahead of the first events, so that these need not wait for them: to the default project's region, or
   * to those named. What cannot be opened is told in the report and tried again when it is needed. With a `dispatcher` of
   * the caller's there is nothing to open.
   *
   * @throws {ValidationError} if the options are not valid, or name no region where there is no default project.
   */
  async warmUp(options: WarmUpOptions = {}): Promise<readonly WarmUpReport[]> {
    const { concurrency } = this.#options;
    const { connections = concurrency.perProject, regions: named } = checkWarmUpOptions(options);
    const regions = named ?? (this.#default === undefined ? undefined : [this.#default.access.endpoint.region]);
    if (regions === undefined) {
      const message = 'are required to warm connections without a default project';
      throw new ValidationError('options', [{ path: ['regions'], message }]);
    }
    return this.#sender.warmUp(regions, connections);
  }

  /** The totals since the client was made. */
  counters(): Counters {
    return this.#sender.counters();
  }

  /** Whether a region's retry budget is used up, so that nothing but one probe at a time is sent of what can wait. */
  isSuspended(region: RegionCode): boolean {
    return this.#sender.isSuspended(region);
  }

  /** How the regions do that were used so far: delivered share of the last hour, outage, retry budget. */
  regions(): readonly RegionReport[] {
    return this.#sender.regions();
  }

  /**
   * Takes no more events, waits for those that are pending (with `onlyInFlight`, for the requests under way alone), gives up
   * what is left after `timeoutMs` (30,000 by default), and closes the connections. Calling it again gives the same report.
   * Never rejects, but for options that are none; then nothing is closed.
   */
  async close(options: ClientCloseOptions = {}): Promise<CloseReport> {
    return this.#sender.close(checkClientCloseOptions(options));
  }

  /** Closes the client as `close()` does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What may be shown of it: names, ids and totals, never a secret. */
  toJSON(): Record<string, unknown> {
    const { partnerName } = this.#options;
    const { accepted, delivered, failed, pending, inFlight } = this.counters();
    const access = this.#default?.access;
    const project = access && {
      projectId: access.projectId,
      region: access.endpoint.region,
      host: access.endpoint.host,
    };
    return { partnerName, ...project, accepted, delivered, failed, pending, inFlight, closed: this.closed };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    _options: object,
    inspect: (value: unknown) => string,
  ): string {
    return `AttributionClient ${inspect(this.toJSON())}`;
  }
}
