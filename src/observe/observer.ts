import type { ErrorCode } from '../errors.js';
import { CLIENT_LOG_WORDS } from './client-log-words.js';
import type { Counters } from './counters.js';
import { ForeignCode } from './foreign-code.js';
import type { Logger, LogLevel } from './logger.js';
import type { Notice } from './notice.js';
import { NoticeChannels } from './notice-channels.js';
import { NoticeListeners } from './notice-listeners.js';
import type { EventProgress, EventTelemetry, Telemetry, TelemetryEvent, TelemetrySource } from './telemetry.js';

/** Who is told, beside `onNotice`, and what of. */
export interface Outlets {
  /** HTTP method of the requests. @default 'GET' */
  readonly method?: 'GET' | 'POST' | undefined;
  readonly logger?: Logger | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly telemetry?: Telemetry | undefined;
}

/** Keeps a client's totals and passes notices on: to `onNotice`, the logger, the telemetry and the diagnostics channels. */
export class Observer {
  accepted = 0;
  delivered = 0;
  unconfirmed = 0;
  maybeDuplicate = 0;
  failed = 0;
  attempts = 0;
  retries = 0;
  inFlight = 0;
  refused = 0;
  /** Whether single events are followed by telemetry. */
  readonly tracing: boolean;
  readonly #failedByCode: Partial<Record<ErrorCode, number>> = {};
  readonly #listeners: NoticeListeners<Notice>;
  readonly #channels = new NoticeChannels();
  readonly #telemetry: Telemetry | undefined;
  readonly #method: 'GET' | 'POST';
  readonly #telemetryCode = new ForeignCode('telemetry');
  readonly #toldAnyway: boolean;
  #detach: (() => void) | undefined = undefined;

  constructor(onNotice: ((notice: Notice) => void) | undefined, outlets: Outlets = {}) {
    const { logger, logLevel, telemetry, method = 'GET' } = outlets;
    this.#listeners = new NoticeListeners({ onNotice, logger, logLevel }, CLIENT_LOG_WORDS);
    this.#telemetry = telemetry;
    this.#method = method;
    this.tracing = telemetry !== undefined;
    this.#toldAnyway = this.tracing || this.#listeners.listening;
  }

  /** Whether anybody wants to know what happens to single events; if not, notices need not be made. */
  get listening(): boolean {
    return this.#toldAnyway || this.#channels.listening;
  }

  /** Tells everybody. `event` is what `begin` gave for the event that it is about. */
  notify(notice: Notice, event?: EventTelemetry): void {
    if (event === undefined) {
      this.#tell(notice);
      return;
    }
    if (event.run === undefined) this.#tell(notice);
    else this.#tellWithin(event, notice);
    this.#telemetryCode.run(() => event.onProgress(notice as EventProgress));
  }

  /** Has the telemetry follow an event that was accepted. */
  begin(event: Omit<TelemetryEvent, 'method'>): EventTelemetry | undefined {
    return this.#telemetryCode.run(() => this.#telemetry?.begin({ ...event, method: this.#method }));
  }

  /** What the telemetry wants to know of the caller of `forward()`. */
  capture(): unknown {
    return this.#telemetryCode.run(() => this.#telemetry?.capture?.());
  }

  /** Lets the telemetry read the client's figures, until `detach`. */
  attach(source: TelemetrySource): void {
    this.#detach = this.#telemetryCode.run(() => this.#telemetry?.attach?.(source));
  }

  /** The client is closed. */
  detach(): void {
    this.#telemetryCode.run(() => this.#detach?.());
    this.#detach = undefined;
  }

  #tell(notice: Notice): void {
    this.#listeners.notify(notice);
    this.#channels.publish(notice);
  }

  #tellWithin(event: EventTelemetry, notice: Notice): void {
    let told = false;
    const tell = (): void => {
      if (told) return;
      told = true;
      this.#tell(notice);
    };
    this.#telemetryCode.run(() => event.run?.(tell));
    // Whatever the telemetry does, nobody else must miss it.
    tell();
  }

  /** Counts an accepted event that ended without delivery. */
  countFailure(code: ErrorCode): void {
    this.failed += 1;
    this.#failedByCode[code] = (this.#failedByCode[code] ?? 0) + 1;
  }

  /** Accepted events that ended with this code. */
  failedWith(code: ErrorCode): number {
    return this.#failedByCode[code] ?? 0;
  }

  /** The totals as of now. */
  snapshot(projectsOnHold = 0): Counters {
    const { accepted, delivered, unconfirmed, maybeDuplicate, failed, attempts, retries, inFlight, refused } = this;
    const pending = accepted - delivered - failed;
    const failedByCode = { ...this.#failedByCode };
    return {
      accepted,
      delivered,
      unconfirmed,
      maybeDuplicate,
      failed,
      failedByCode,
      pending,
      attempts,
      retries,
      inFlight,
      refused,
      projectsOnHold,
    };
  }
}
