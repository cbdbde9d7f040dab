import type { Access } from '../contract/access.js';
import type { AnyAttributionError } from '../errors.js';
import type { Observer } from '../observe/observer.js';
import type { RetryPolicy } from '../options.js';
import type { AbortWatch } from './abort-watch.js';
import type { Admission, AdmittedProject } from './admission.js';
import type { Deadlines, Expiring } from './deadlines.js';
import type { Delivery } from './delivery.js';
import type { RegionHealth } from './region-health.js';
import type { Transport } from './transport.js';

/** What all sendings of a client share. */
export interface SendingContext {
  readonly transport: Transport;
  readonly admission: Admission;
  readonly observer: Observer;
  /** All sendings that have not ended, with the time they have left. */
  readonly pending: Deadlines<Expiring & { close(): void }>;
  /** Listens to the signals of callers. */
  readonly signals: AbortWatch;
  readonly retry: RetryPolicy;
  readonly requireConfirmation: boolean;
  /** The health of the region that an access leads to. */
  readonly health: (access: Access) => RegionHealth;
  /** Whether a failed attempt may be followed by another: not so once the client closes for all but what is in flight. */
  readonly triesAgain: () => boolean;
  /** Called when a sending has ended. */
  readonly onEnd: () => void;
}

/** A project as sendings see it: its access may be replaced while they are under way. */
export interface SendingProject extends AdmittedProject {
  /** Access with the credentials that are valid now. */
  readonly access: Access;
}

/** How to send one event. */
export interface SendingSettings {
  /** For one attempt, from connecting to the end of the body. */
  readonly timeoutMs: number;
  /** For the whole, waits included. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether it can wait while its region is in trouble: so for `forward()`. Its time runs from its first attempt on, and
   * stands still behind the region's gate. Else it ends with its last error when the retry budget is used up: so for
   * `send()`.
   */
  readonly patient: boolean;
  /** What the telemetry wanted to know of the caller of a `forward()`. */
  readonly forwardedBy?: unknown;
}

/** Who wants to know how a sending ended; exactly one of the two is called, once. */
export interface SendingListener {
  onDelivered(delivery: Delivery): void;
  onFailed(error: AnyAttributionError): void;
}
