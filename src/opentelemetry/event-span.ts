import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Histogram,
  type Link,
  type Span,
  type Tracer,
  context as contexts,
} from '@opentelemetry/api';
import type { AttemptNotice, DeliveredNotice, FailedNotice } from '../observe/notice.js';
import type { EventProgress, EventTelemetry, TelemetryEvent } from '../observe/telemetry.js';
import { ATTRIBUTE, serverAttributes } from './attributes.js';

/** What the spans of all events have in common. */
export interface EventSpanSettings {
  readonly tracer: Tracer;
  readonly attemptDuration: Histogram;
  readonly eventDuration: Histogram;
  /** Whether spans name the project. */
  readonly projectId: boolean;
}

/**
 * The span of an event, with a span for each of its attempts below it.
 *
 * That of the event is internal: the requests are the attempts, and were the event a client's span as well, whatever counts
 * requests would count twice. An attempt's span is made when it has ended, with the time at which it began.
 */
export class EventSpan implements EventTelemetry {
  readonly #span: Span;
  readonly #context: Context;
  readonly #common: Attributes;
  readonly #startedAtMs = Date.now();
  readonly #clockAtStart = performance.now();
  #retryDelayMs: number | undefined = undefined;

  constructor(
    private readonly settings: EventSpanSettings,
    private readonly event: TelemetryEvent,
  ) {
    const { region, eventType, projectId, forwardedBy } = event;
    this.#common = { [ATTRIBUTE.region]: region, [ATTRIBUTE.eventType]: eventType };
    const project = settings.projectId ? { [ATTRIBUTE.projectId]: projectId } : {};
    const caller = (forwardedBy as Context | undefined) ?? contexts.active();
    const options = {
      kind: SpanKind.INTERNAL,
      startTime: this.#startedAtMs,
      attributes: { ...this.#common, ...project },
      // A trace with the events of a whole run in it could not be looked at, nor sampled: each has its own.
      ...(forwardedBy === undefined ? {} : { root: true, links: linksTo(caller) }),
    };
    this.#span = settings.tracer.startSpan(`attribution ${eventType}`, options, caller);
    this.#context = trace.setSpan(caller, this.#span);
  }

  run(work: () => void): void {
    contexts.with(this.#context, work);
  }

  onProgress(notice: EventProgress): void {
    switch (notice.type) {
      case 'attempt':
        this.#addAttempt(notice);
        break;
      case 'retry':
        this.#retryDelayMs = notice.delayMs;
        break;
      case 'delivered':
      case 'failed':
        this.#end(notice);
    }
  }

  #addAttempt(notice: AttemptNotice): void {
    const { outcome, status, durationMs } = notice;
    const { method } = this.event;
    const failed = outcome !== 'delivered';
    // Set one by one: spreading costs more than the rest of the span.
    const measured: Attributes = serverAttributes(notice.host);
    measured[ATTRIBUTE.region] = notice.region;
    measured[ATTRIBUTE.eventType] = this.event.eventType;
    measured[ATTRIBUTE.method] = method;
    if (status !== undefined) measured[ATTRIBUTE.status] = status;
    if (failed) measured[ATTRIBUTE.errorType] = outcome;
    this.settings.attemptDuration.record(durationMs / 1000, measured, this.#context);
    const endTime = this.#nowMs();
    const startTime = Math.max(this.#startedAtMs, endTime - durationMs);
    const attributes = this.#attemptAttributes(notice, measured);
    const span = this.settings.tracer.startSpan(
      method,
      { kind: SpanKind.CLIENT, startTime, attributes },
      this.#context,
    );
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endTime);
  }

  #attemptAttributes({ attempt, outcome, maybeRecorded }: AttemptNotice, measured: Attributes): Attributes {
    const attributes = { ...measured };
    attributes[ATTRIBUTE.path] = this.event.path;
    attributes[ATTRIBUTE.outcome] = outcome;
    attributes[ATTRIBUTE.maybeRecorded] = maybeRecorded;
    if (attempt > 1) attributes[ATTRIBUTE.resendCount] = attempt - 1;
    if (this.#retryDelayMs !== undefined) attributes[ATTRIBUTE.retryDelayMs] = this.#retryDelayMs;
    this.#retryDelayMs = undefined;
    return attributes;
  }

  #end(notice: DeliveredNotice | FailedNotice): void {
    const failure = notice.type === 'failed' ? { [ATTRIBUTE.errorType]: notice.error.code } : {};
    this.#span.setAttributes({ ...failure, ...endAttributes(notice) });
    if (notice.type === 'failed') this.#span.setStatus({ code: SpanStatusCode.ERROR });
    const endTime = this.#nowMs();
    this.#span.end(endTime);
    const durationMs = endTime - this.#startedAtMs;
    this.settings.eventDuration.record(durationMs / 1000, { ...this.#common, ...failure }, this.#context);
  }

  /** By the clock that nobody sets, so that within an event nothing ends before it began. */
  #nowMs(): number {
    return this.#startedAtMs + (performance.now() - this.#clockAtStart);
  }
}

function linksTo(caller: Context): Link[] {
  const context = trace.getSpanContext(caller);
  return context === undefined ? [] : [{ context }];
}

function endAttributes(notice: DeliveredNotice | FailedNotice): Attributes {
  const { attempts, status } = notice.type === 'failed' ? notice.error : notice;
  return {
    [ATTRIBUTE.outcome]: notice.type,
    [ATTRIBUTE.attempts]: attempts,
    ...(status === undefined ? {} : { [ATTRIBUTE.status]: status }),
    ...(notice.type === 'failed'
      ? { [ATTRIBUTE.maybeRecorded]: notice.error.maybeRecorded }
      : { [ATTRIBUTE.confirmed]: notice.confirmed, [ATTRIBUTE.maybeDuplicate]: notice.maybeDuplicate }),
  };
}
