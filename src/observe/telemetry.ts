import type { Counters } from './counters.js';
import type { AttemptNotice, DeliveredNotice, EventNotice, FailedNotice, RetryNotice } from './notice.js';

/** How a region does, as far as telemetry shows it. */
export interface RegionState {
  /** Code of the region. */
  readonly region: string;
  /** Host that its requests go to. */
  readonly host: string;
  /** Since when the region has an outage, if it has one. */
  readonly outageSince: Date | undefined;
  /** Retries left in the region's budget. */
  readonly retryBudget: number;
  /** Whether the budget is used up. */
  readonly suspended: boolean;
}

/** What can be read of a client at any time. */
export interface TelemetrySource {
  /** HTTP method of its requests. */
  readonly method: 'GET' | 'POST';
  /** Its totals as of now. */
  counters(): Counters;
  /** The regions that were used so far. */
  regions(): readonly RegionState[];
}

/** An event that was accepted. */
export interface TelemetryEvent extends EventNotice {
  /** Path of its requests, without the query. */
  readonly path: string;
  /** HTTP method of its requests. */
  readonly method: 'GET' | 'POST';
  /** What `capture` gave when `forward()` was called; undefined for `send()`. */
  readonly forwardedBy: unknown;
}

/** What happens to one event. The last is `delivered` or `failed`, and there is exactly one of these. */
export type EventProgress = AttemptNotice | RetryNotice | DeliveredNotice | FailedNotice;

/** Follows one event. */
export interface EventTelemetry {
  /** Told of everything that happens to the event, in order. */
  onProgress(notice: EventProgress): void;
  /** Runs the logger and `onNotice` for the event, so that what they write can be told to belong to it; calls `work` once, at once. */
  run?(work: () => void): void;
}

/**
 * Takes events and figures to a monitoring system: `openTelemetry()` of `clevertap-attribution/opentelemetry`, or one of
 * your own. Nothing that it is given holds a token, a passcode or a query, but for what a caller of yours made the `cause`
 * of a failure. What it throws costs no event.
 */
export interface Telemetry {
  /** A client was made; the function that comes back is called at the end of its `close()`. */
  attach?(source: TelemetrySource): (() => void) | undefined;
  /** Called within `forward()`, for what `begin` is to know of its caller. */
  capture?(): unknown;
  /** An event was accepted; for `send()` it is called in its caller's context. Undefined if this one is not followed. */
  begin(event: TelemetryEvent): EventTelemetry | undefined;
}

/** Whether a value can be used as telemetry. */
export function isTelemetry(value: unknown): value is Telemetry {
  return typeof value === 'object' && value !== null && 'begin' in value && typeof value.begin === 'function';
}
