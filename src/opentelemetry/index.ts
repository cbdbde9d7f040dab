/**
 * `clevertap-attribution/opentelemetry`: spans and metrics of a client and its outboxes, without secrets.
 */
export { openTelemetry } from './open-telemetry.js';
export type { ObservedOutbox, OpenTelemetry, OpenTelemetryOptions } from './open-telemetry.js';
