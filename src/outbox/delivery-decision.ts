import type { AnyAttributionError } from '../errors.js';
import { failureStatus } from '../forward/forward-result.js';

/** What an error of a delivery means for the event. */
export type DeliveryDecision =
  /** It can never be accepted as it is. */
  | 'dead'
  /** The credentials were refused, or there are none: it waits for new ones. */
  | 'hold'
  /** It was given up by this process: due again at once. */
  | 'hand_back'
  /** Another time it may be accepted. */
  | 'retry';

/**
 * Decides by the error, as the protocol's table says.
 *
 * @param atMostOnce whether an event that may have been recorded must not be sent again (`whenMaybeRecorded: 'stop'`).
 */
export function decideDelivery(error: AnyAttributionError, atMostOnce: boolean): DeliveryDecision {
  if (failureStatus(error) === 'rejected' || error.code === 'unconfirmed') return 'dead';
  if (error.maybeRecorded && atMostOnce) return 'dead';
  // Of bad requests, only those for want of whitelisting are not rejected.
  if (error.code === 'authentication' || error.code === 'bad_request') return 'hold';
  return error.code === 'aborted' || error.code === 'closed' ? 'hand_back' : 'retry';
}
