/** Forwards mobile attribution events to CleverTap. */
export { AttributionClient } from './client.js';
export type { ProjectClient } from './project-client.js';
export type { CloseReport, WarmUpReport } from './sender.js';
export type { Delivery } from './delivery/delivery.js';
export type { RegionReport } from './delivery/region-health.js';
export type {
  CallOptions,
  ClientCloseOptions,
  CloseOptions,
  CredentialsLookup,
  ForwardOptions,
  SendOptions,
  WarmUpOptions,
} from './call-options.js';
export type { ClientOptions, ConcurrencyOptions, ConnectionOptions, RetryOptions, RetryPolicy } from './options.js';
export type {
  DeliveredRecord,
  ForwardedRecord,
  ForwardItem,
  ForwardResult,
  UndeliveredRecord,
} from './forward/forward-result.js';
export type { ForwardResults, ForwardSource } from './forward/forward-run.js';
export type { Counters } from './observe/counters.js';
export type { LogEntry, Logger, LoggerMethods, LogLevel } from './observe/logger.js';
export type { NoticeFacts } from './observe/notice-facts.js';
export type {
  EventProgress,
  EventTelemetry,
  RegionState,
  Telemetry,
  TelemetryEvent,
  TelemetrySource,
} from './observe/telemetry.js';
export type {
  AttemptNotice,
  BudgetNotice,
  DeliveredNotice,
  EventNotice,
  FailedNotice,
  HoldEndedNotice,
  HoldNotice,
  LimitNotice,
  Notice,
  OutageNotice,
  ProjectNotice,
  RetryNotice,
} from './observe/notice.js';

export {
  createEventSchema,
  customEventSchema,
  eventSchema,
  inorganicInstallSchema,
  organicInstallSchema,
} from './contract/event-schema.js';
export type { EventSchema, EventSchemaOptions } from './contract/event-schema.js';
export type {
  AllUtm,
  AttributionEvent,
  CustomEvent,
  EventFields,
  EventType,
  InorganicInstall,
  InstallUtm,
  OptionalText,
  OptionalUtm,
  OrganicInstall,
  ParsedCustomEvent,
  ParsedEvent,
  ParsedFields,
  ParsedInorganicInstall,
  ParsedInstallUtm,
  ParsedOrganicInstall,
  ParsedUtm,
  Platform,
  SomeUtm,
  UtmPolicy,
} from './contract/event.js';
export type { Params, ParamValue } from './contract/params.js';
export type { TimestampInput } from './contract/timestamp.js';
export { credentialsSchema, parseCredentials } from './contract/credentials.js';
export type { Credentials, CredentialsInput } from './contract/credentials.js';
export { Secret } from './contract/secret.js';
export { regions } from './contract/regions.js';
export type { Region, RegionCode } from './contract/regions.js';
export type { BaseUrl } from './contract/endpoint.js';
export { inspectDeviceIdentifier } from './contract/device-identifier.js';
export type { DeviceIdentifierAdvice } from './contract/device-identifier.js';

export {
  AbortedError,
  AttributionError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  isAttributionError,
  NetworkError,
  OverflowError,
  RateLimitError,
  ServiceUnavailableError,
  StorageError,
  TimeoutError,
  UnconfirmedError,
  UnexpectedResponseError,
  ValidationError,
} from './errors.js';
export type { AnyAttributionError, BadRequestReason, ErrorCode, ErrorDetails, ValidationIssue } from './errors.js';
