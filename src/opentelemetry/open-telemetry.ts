import { context, metrics, trace, type Meter, type MeterProvider, type TracerProvider } from '@opentelemetry/api';
import { z } from 'zod';
import { validate } from '../contract/validate.js';
import { ValidationError } from '../errors.js';
import type { EventTelemetry, Telemetry, TelemetryEvent, TelemetrySource } from '../observe/telemetry.js';
import type { QueueStats } from '../outbox/queue.js';
import { VERSION } from '../version.js';
import { EventSpan, type EventSpanSettings } from './event-span.js';
import { createDurations, observeOutbox } from './instruments.js';
import { figuresOf } from './shared-figures.js';

const SCOPE = 'clevertap-attribution';

/** Options of `openTelemetry()`. */
export interface OpenTelemetryOptions {
  /** Where spans go. @default the global one */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Where metrics go. @default the global one, as it is when the first client is made */
  readonly meterProvider?: MeterProvider | undefined;
  /** Whether spans name the project, as `clevertap.project.id`; metrics never do. @default false */
  readonly projectId?: boolean | undefined;
}

/** As much of an outbox as is looked at. */
export interface ObservedOutbox {
  /** Whether it is closed; then it is looked at no more. */
  readonly closed: boolean;
  /** Counts what is stored. */
  stats(): Promise<QueueStats>;
}

/** Telemetry that goes to OpenTelemetry. The figures of all clients whose metrics go the same way are added up. */
export interface OpenTelemetry extends Telemetry {
  /**
   * Takes the depth and the oldest age of an outbox into the metrics, until the function that comes back is called or the
   * outbox is closed. Several are told apart by their `name`, `default` if none is given.
   *
   * @throws {ValidationError} if an outbox of that name is looked at already.
   */
  watchOutbox(outbox: ObservedOutbox, name?: string): () => void;
}

const optionsSchema = z.strictObject({
  tracerProvider: provider<TracerProvider>('getTracer').optional(),
  meterProvider: provider<MeterProvider>('getMeter').optional(),
  projectId: z.boolean({ error: 'must be true or false' }).default(false),
});

function provider<Provider>(method: string) {
  const has = (value: unknown): boolean => {
    return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
  };
  return z.custom<Provider>(has, { error: `must have a method ${method}` });
}

/**
 * Makes the `telemetry` of a client that goes to OpenTelemetry: a span per event with one per attempt below it, and metrics.
 *
 * @throws {ValidationError} with everything that is wrong with the options at once.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
  const { tracerProvider, meterProvider, projectId } = validate(optionsSchema, options, 'options');
  return new ClientTelemetry(tracerProvider, meterProvider, projectId);
}

class ClientTelemetry implements OpenTelemetry {
  #meter: Meter | undefined = undefined;
  #settings: EventSpanSettings | undefined = undefined;

  constructor(
    private readonly tracerProvider: TracerProvider | undefined,
    private readonly meterProvider: MeterProvider | undefined,
    private readonly projectId: boolean,
  ) {}

  attach(source: TelemetrySource): () => void {
    return figuresOf(this.#meterOf()).clients.add(source);
  }

  capture(): unknown {
    return context.active();
  }

  begin(event: TelemetryEvent): EventTelemetry {
    return new EventSpan(this.#prepare(), event);
  }

  watchOutbox(outbox: ObservedOutbox, name = 'default'): () => void {
    const { outboxes } = figuresOf(this.#meterOf());
    if (outboxes.has(name)) {
      const message = `"${name}" is the name of another outbox that is looked at: give each its own`;
      throw new ValidationError('outbox', [{ path: ['name'], message }]);
    }
    outboxes.add(name);
    let watched = true;
    const stop = (): void => {
      if (!watched) return;
      watched = false;
      outboxes.delete(name);
      unobserve();
    };
    const unobserve = observeOutbox(this.#meterOf(), name, async () => {
      if (!outbox.closed) return outbox.stats();
      stop();
      return undefined;
    });
    return stop;
  }

  /** The instruments are made late: unlike tracers, meters that were made before the SDK was set up stay without effect. */
  #prepare(): EventSpanSettings {
    if (this.#settings !== undefined) return this.#settings;
    const meter = this.#meterOf();
    const tracer = (this.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE, VERSION);
    this.#settings = { tracer, ...createDurations(meter), projectId: this.projectId };
    return this.#settings;
  }

  #meterOf(): Meter {
    this.#meter ??= (this.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE, VERSION);
    return this.#meter;
  }
}
