import type { AttributionEvent, UtmPolicy } from '../contract/event.js';
import type { Delivery } from '../delivery/delivery.js';
import type { AnyAttributionError } from '../errors.js';

/** One record of a source that `forward()` reads. */
export interface ForwardItem<Policy extends UtmPolicy = 'all'> {
  /** What to send. */
  readonly event: AttributionEvent<Policy>;
  /** The project it is for. @default the client's default project */
  readonly projectId?: string | undefined;
  /** The caller's own name for it, handed back with the result. */
  readonly id?: string | undefined;
}

/** A record that `forward()` has read. */
export interface ForwardedRecord<Policy extends UtmPolicy = 'all'> {
  /** Its place in the source, from 0. */
  readonly index: number;
  /** The caller's own name for it. */
  readonly id: string | undefined;
  /** The project it is for; undefined only if none was named and there is no default. */
  readonly projectId: string | undefined;
  /** The event as it came from the source. */
  readonly event: AttributionEvent<Policy>;
}

/** A record that CleverTap took. */
export interface DeliveredRecord<Policy extends UtmPolicy = 'all'> extends ForwardedRecord<Policy> {
  /** Tells it from one that was not delivered. */
  readonly status: 'delivered';
  /** How it was delivered. */
  readonly delivery: Delivery;
  /** Never there. */
  readonly error?: undefined;
}

/** A record that was not delivered. */
export interface UndeliveredRecord<Policy extends UtmPolicy = 'all'> extends ForwardedRecord<Policy> {
  /** `rejected`, if it can never be accepted as it is; `failed`, if another time it may. */
  readonly status: 'rejected' | 'failed';
  /** Why it was not. */
  readonly error: AnyAttributionError;
  /** Never there. */
  readonly delivery?: undefined;
}

/**
 * What became of one record: `delivered`; `rejected`, if it can never be accepted as it is; `failed`, if another time it may.
 */
export type ForwardResult<Policy extends UtmPolicy = 'all'> = DeliveredRecord<Policy> | UndeliveredRecord<Policy>;

/** Whether an error means that the event can never be accepted as it is. */
export function failureStatus(error: AnyAttributionError): 'rejected' | 'failed' {
  switch (error.code) {
    case 'validation':
    case 'unexpected_response':
      return 'rejected';
    case 'bad_request':
      return error.reason === 'partner_not_whitelisted' ? 'failed' : 'rejected';
    default:
      return 'failed';
  }
}
