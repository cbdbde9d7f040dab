import type { Endpoint } from '../contract/endpoint.js';
import type { AnyAttributionError, ErrorCode } from '../errors.js';
import type { AttemptNotice, DeliveredNotice, EventNotice } from '../observe/notice.js';
import type { Observer } from '../observe/observer.js';
import type { EventTelemetry } from '../observe/telemetry.js';

type Details<Of extends EventNotice> = Omit<Of, 'type' | keyof EventNotice>;

/** Tells those who listen what happens to one event; where nobody does, it need not be made. */
export class EventNotices {
  #telemetry: EventTelemetry | undefined = undefined;

  constructor(
    private readonly observer: Observer,
    private readonly projectId: string,
    private readonly eventType: string,
  ) {}

  /** It was accepted; `forwardedBy` is what the telemetry wanted to know of the caller of `forward()`. */
  accepted(endpoint: Endpoint, forwardedBy: unknown): void {
    this.#telemetry = this.observer.begin({ ...this.#about(endpoint), path: endpoint.path, forwardedBy });
  }

  /** An attempt has ended. */
  attempt(endpoint: Endpoint, details: Details<AttemptNotice>): void {
    this.observer.notify({ type: 'attempt', ...this.#about(endpoint), ...details }, this.#telemetry);
  }

  /** There will be another attempt. */
  retry(endpoint: Endpoint, attempt: number, code: ErrorCode, delayMs: number): void {
    this.observer.notify({ type: 'retry', ...this.#about(endpoint), attempt, code, delayMs }, this.#telemetry);
  }

  /** It was delivered. */
  delivered(endpoint: Endpoint, details: Details<DeliveredNotice>): void {
    this.observer.notify({ type: 'delivered', ...this.#about(endpoint), ...details }, this.#telemetry);
  }

  /** It has failed for good. */
  failed(endpoint: Endpoint, error: AnyAttributionError): void {
    this.observer.notify({ type: 'failed', ...this.#about(endpoint), error }, this.#telemetry);
  }

  #about({ region, host }: Endpoint): EventNotice {
    return { projectId: this.projectId, region, host, eventType: this.eventType };
  }
}
