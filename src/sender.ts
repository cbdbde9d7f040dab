import { Access } from './contract/access.js';
import {
  credentialsSchema,
  regionlessCredentialsSchema,
  type Credentials,
  type CredentialsInput,
} from './contract/credentials.js';
import type { ParsedEvent, UtmPolicy } from './contract/event.js';
import { compileEventSchema, type EventSchema } from './contract/event-schema.js';
import { LeastRequest } from './contract/least-request.js';
import { Partner } from './contract/partner.js';
import type { RegionCode } from './contract/regions.js';
import { toSingleLine } from './contract/text.js';
import { validate } from './contract/validate.js';
import { AbortWatch } from './delivery/abort-watch.js';
import { Deadlines } from './delivery/deadlines.js';
import type { Delivery } from './delivery/delivery.js';
import { DispatcherTransport } from './delivery/dispatcher-transport.js';
import { withCause } from './delivery/failure.js';
import { RegionHealth, type RegionReport } from './delivery/region-health.js';
import { ProjectHealth } from './delivery/project-health.js';
import { Sending } from './delivery/sending.js';
import type { SendingContext, SendingListener, SendingProject, SendingSettings } from './delivery/sending-context.js';
import type { Transport } from './delivery/transport.js';
import { UndiciTransport } from './delivery/undici-transport.js';
import { Wait } from './delivery/wait.js';
import {
  AbortedError,
  ClosedError,
  NetworkError,
  OverflowError,
  ValidationError,
  type ErrorDetails,
} from './errors.js';
import { ConcurrencyLimiter } from './forward/concurrency-limiter.js';
import type { Counters } from './observe/counters.js';
import { Observer } from './observe/observer.js';
import { checkSendOptions, type CallOptions, type ResolvedCloseOptions, type SendOptions } from './call-options.js';
import type { ResolvedOptions } from './options.js';

/** A project of a client: its id and whatever gives access to it now. */
export class Project implements SendingProject {
  readonly projectId: string;
  /** Kept by the admission. */
  lane: SendingProject['lane'] = undefined;
  #access: Access;

  constructor(access: Access) {
    this.projectId = access.projectId;
    this.#access = access;
  }

  /** Access with the credentials that are valid now. */
  get access(): Access {
    return this.#access;
  }

  /** Replaces the access; sendings under way take it up with their next attempt. */
  replace(access: Access): void {
    this.#access = access;
  }
}

/** What `close()` reports of the time between its call and its end. */
export interface CloseReport {
  /** Pending events that were still delivered. */
  readonly delivered: number;
  /** Pending events that failed by themselves. */
  readonly failed: number;
  /** Pending events that were given up, at the deadline or at once; their promises rejected with code `closed`. */
  readonly abandoned: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** What `warmUp()` reports of a region. */
export interface WarmUpReport {
  /** The region. */
  readonly region: RegionCode;
  /** Its host. */
  readonly host: string;
  /** Connections that were established. */
  readonly connections: number;
  /** Why not as many as were asked for, if so. */
  readonly error: NetworkError | undefined;
}

/**
 * Takes events on for all projects of a client and sees each to its end: validates, refuses what cannot be accepted,
 * starts a `Sending` for the rest, and shuts down in order.
 */
export class Sender {
  readonly observer: Observer;
  readonly #options: ResolvedOptions;
  readonly #partner: Partner;
  #compiledSchema: EventSchema<UtmPolicy> | undefined = undefined;
  #leastRequest: LeastRequest | undefined = undefined;
  readonly #transport: Transport;
  readonly #limiter: ConcurrencyLimiter;
  readonly #pending = new Deadlines<Sending>();
  readonly #regions = new Map<RegionCode, RegionHealth>();
  readonly #context: SendingContext;
  readonly #settings: SendingSettings;
  readonly #onClosing = new Set<() => void>();
  #closing: Promise<CloseReport> | undefined = undefined;
  #triesAgain = true;
  #onDrained: (() => void) | undefined = undefined;

  constructor(options: ResolvedOptions) {
    const {
      method,
      connections,
      keepAliveTimeoutMs,
      allowH2,
      dispatcher,
      timeoutMs,
      deadlineMs,
      retry,
      requireConfirmation,
      onNotice,
    } = options;
    this.#options = options;
    this.#partner = new Partner(options);
    this.observer = new Observer(onNotice, options);
    const { perProject } = options.concurrency;
    this.#limiter = new ConcurrencyLimiter(
      options.concurrency,
      (projectId) => new ProjectHealth(projectId, perProject, retry, this.observer),
    );
    this.#transport =
      dispatcher === undefined
        ? new UndiciTransport({ method, connections, keepAliveTimeoutMs, allowH2 })
        : new DispatcherTransport(dispatcher, method);
    this.#settings = { timeoutMs, deadlineMs, patient: false };
    this.#context = {
      transport: this.#transport,
      admission: this.#limiter,
      observer: this.observer,
      pending: this.#pending,
      signals: new AbortWatch(),
      retry,
      requireConfirmation,
      health: (access) => this.#health(access),
      triesAgain: () => this.#triesAgain,
      onEnd: () => {
        if (this.#onDrained !== undefined && this.pending === 0) this.#onDrained();
      },
    };
    this.observer.attach({ method, counters: () => this.counters(), regions: () => this.regions() });
  }

  /** Whether it takes no more events. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Events that have not ended. */
  get pending(): number {
    const { accepted, delivered, failed } = this.observer;
    return accepted - delivered - failed;
  }

  /** Whether another request could begin at once, were it for a project below its limit. */
  get hasRoom(): boolean {
    return this.#limiter.hasTotalRoom;
  }

  /** Has a listener called, once, when `hasRoom` has become true. */
  onceRoom(listener: () => void): void {
    this.#limiter.onceRoom(listener);
  }

  /** Checks credentials and prepares access with them. */
  createAccess(credentials: CredentialsInput | Credentials): Access {
    const { baseUrl } = this.#options;
    const schema = typeof baseUrl === 'string' ? regionlessCredentialsSchema : credentialsSchema;
    const checked = validate(schema, credentials, 'credentials');
    return new Access(this.#partner, checked);
  }

  /** Access with the credentials that the options brought, which are checked already. */
  defaultAccess(): Access | undefined {
    const { credentials } = this.#options;
    return credentials && new Access(this.#partner, credentials);
  }

  /** Replaces a project's access and lifts its hold, if it is on hold. */
  replace(project: Project, access: Access): void {
    project.replace(access);
    this.#limiter.release(access);
  }

  // With the first event, as compiling takes some milliseconds.
  get #schema(): EventSchema<UtmPolicy> {
    this.#compiledSchema ??= compileEventSchema({ utmPolicy: this.#options.utmPolicy });
    return this.#compiledSchema;
  }

  /** Checks an event, its length included: with a project for certain, without only what is too long for any. */
  parse(event: unknown, project?: Project): ParsedEvent<UtmPolicy> {
    const parsed = validate(this.#schema, event, 'event', project && { projectId: project.projectId });
    const request = project?.access ?? (this.#leastRequest ??= new LeastRequest(this.#partner));
    request.checkLength(parsed);
    return parsed;
  }

  /** Sends one event; whatever goes wrong rejects the promise. */
  send(project: Project | undefined, event: unknown, call: SendOptions | undefined): Promise<Delivery> {
    return new Promise((resolve, reject) => {
      const listener = { onDelivered: resolve, onFailed: reject };
      try {
        if (project === undefined) throw noDefaultProject();
        const settings = this.#settingsOf(call);
        if (settings.signal?.aborted === true) throw abortedBefore(settings.signal, project);
        if (this.pending >= this.#options.maxPending) throw this.#overflow(project);
        this.#begin(project, event, settings, listener);
      } catch (error) {
        this.observer.refused += 1;
        reject(error);
      }
    });
  }

  /**
   * Sends one event of a `forward()`, which keeps its own bound instead of `maxPending`, and waits while the event's
   * region is in trouble.
   *
   * @throws {AnyAttributionError} if the event is not accepted; then the listener is not called.
   */
  forward(project: Project, event: unknown, settings: SendingSettings, listener: SendingListener): void {
    try {
      if (settings.signal?.aborted === true) throw abortedBefore(settings.signal, project);
      this.#begin(project, event, settings, listener);
    } catch (error) {
      this.observer.refused += 1;
      throw error;
    }
  }

  /** Counts a record of a `forward()` that never became an event. */
  refuse(): void {
    this.observer.refused += 1;
  }

  /** Settings of a call on top of the client's. */
  #settingsOf(call: SendOptions | undefined): SendingSettings {
    if (call === undefined) return this.#settings;
    const { whenSuspended, ...settings } = checkSendOptions(call);
    return this.#merged(settings, whenSuspended === 'wait');
  }

  /** Settings of the events of a `forward()`, which have been checked. */
  forwardSettings(call: CallOptions): SendingSettings {
    return { ...this.#merged(call, true), forwardedBy: this.observer.capture() };
  }

  #merged({ signal, timeoutMs, deadlineMs }: CallOptions, patient: boolean): SendingSettings {
    const own = this.#settings;
    return { timeoutMs: timeoutMs ?? own.timeoutMs, deadlineMs: deadlineMs ?? own.deadlineMs, signal, patient };
  }

  #begin(project: Project, event: unknown, settings: SendingSettings, listener: SendingListener): void {
    const { projectId } = project;
    if (this.closed) throw new ClosedError('the client is closed and takes no more events', { projectId });
    const parsed = validate(this.#schema, event, 'event', { projectId });
    new Sending(this.#context, project, parsed, settings, listener).start();
  }

  #overflow({ projectId }: Project): OverflowError {
    const { maxPending } = this.#options;
    const message = `${maxPending} events are pending, as many as maxPending allows; wait for some to end, or use forward()`;
    return new OverflowError(message, { projectId });
  }

  #health({ endpoint }: Access): RegionHealth {
    let health = this.#regions.get(endpoint.region);
    if (health === undefined) {
      health = new RegionHealth(endpoint, this.#options.retry, this.observer);
      this.#regions.set(endpoint.region, health);
    }
    return health;
  }

  /** Establishes connections to regions ahead of their first requests. */
  warmUp(regions: readonly RegionCode[], connections: number): Promise<WarmUpReport[]> {
    if (this.closed) return Promise.reject(new ClosedError('the client is closed and opens no more connections'));
    const { timeoutMs } = this.#options;
    return Promise.all(
      regions.map(async (code) => {
        const { endpoint } = this.#partner.route(code);
        const { region, host } = endpoint;
        const { connections: opened, error } = await this.#transport.warmUp(endpoint, connections, timeoutMs);
        return { region, host, connections: opened, error: error && noConnection(host, error) };
      }),
    );
  }

  /** Whether the retry budget of a region is used up. */
  isSuspended(region: RegionCode): boolean {
    return this.#regions.get(region)?.gate.open === false;
  }

  /** Reports of the regions that were used. */
  regions(): RegionReport[] {
    return [...this.#regions.values()].map((health) => health.report());
  }

  /** The totals as of now. */
  counters(): Counters {
    return this.observer.snapshot(this.#limiter.heldProjects);
  }

  /** Has a listener called when `close()` is; the function that comes back takes it out again. */
  onClosing(listener: () => void): () => void {
    this.#onClosing.add(listener);
    return () => this.#onClosing.delete(listener);
  }

  /** Takes no more events, waits for those that are pending, and gives them up after `timeoutMs`. */
  close(options: ResolvedCloseOptions): Promise<CloseReport> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closing = this.#close(options.timeoutMs);
    for (const listener of this.#onClosing) listener();
    if (options.onlyInFlight) this.#giveUpWaiting();
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<CloseReport> {
    const startedAt = performance.now();
    const { delivered, failed } = this.observer;
    const closed = this.observer.failedWith('closed');
    if (this.pending > 0) await (timeoutMs > 0 ? this.#drained(timeoutMs) : undefined);
    this.#abandon();
    await this.#transport.close();
    this.observer.detach();
    const abandoned = this.observer.failedWith('closed') - closed;
    return {
      delivered: this.observer.delivered - delivered,
      failed: this.observer.failed - failed - abandoned,
      abandoned,
      durationMs: Math.round(performance.now() - startedAt),
    };
  }

  #drained(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wait = new Wait(timeoutMs, resolve);
      this.#onDrained = () => {
        wait.cancel();
        resolve();
      };
    });
  }

  /** Gives up whatever is not in flight, now or when its attempt has failed. */
  #giveUpWaiting(): void {
    this.#triesAgain = false;
    for (const sending of [...this.#pending]) sending.closeUnlessInFlight();
  }

  #abandon(): void {
    // First, so that none of those that wait gets written while those before it are given up.
    this.#limiter.halt();
    this.#transport.halt();
    for (const sending of [...this.#pending]) sending.close();
  }
}

function noDefaultProject(): ValidationError {
  const message = 'are required to send without a project: give them to the client, or use client.project(credentials)';
  return new ValidationError('options', [{ path: ['credentials'], message }]);
}

function noConnection(host: string, { message, code }: Error & { code?: string }): NetworkError {
  const text = toSingleLine(message);
  return new NetworkError(`no connection to ${host}: ${text}`, withCause({ host }, { text, causeCode: code }));
}

function abortedBefore(signal: AbortSignal, { projectId }: Project): AbortedError {
  const details: ErrorDetails = { projectId, cause: signal.reason };
  return new AbortedError('the caller had aborted before the event was accepted', details);
}
